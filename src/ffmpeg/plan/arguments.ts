/** Maximum bytes of one argument that execve accepts, including the final NUL (Linux: MAX_ARG_STRLEN, 32 pages of 4 KiB). */
const MAX_ARGUMENT_BYTES = 128 * 1024;
/**
 * Maximum bytes of all arguments. Linux reserves a quarter of the stack limit (8 MiB in cells) for arguments, environment and a pointer to
 * each of them. Half of that quarter remains for the programs that start FFmpeg.
 */
const MAX_COMMAND_BYTES = 1024 * 1024;
const POINTER_BYTES = 8;

/**
 * Returns why the kernel would not start a program with these arguments, or null if it would. `reserved` bytes stay free in each argument,
 * for text that the planner adds once the inputs are known.
 */
export function argumentFault(args: readonly string[], reserved = 0): string | null {
  let total = 0;
  for (const argument of args) {
    const bytes = Buffer.byteLength(argument) + 1;
    if (bytes + reserved > MAX_ARGUMENT_BYTES) {
      return `The command has an argument of ${bytes - 1} bytes, and ${MAX_ARGUMENT_BYTES - 1 - reserved} are allowed.`;
    }
    total += bytes + POINTER_BYTES;
  }
  return total + reserved > MAX_COMMAND_BYTES
    ? `The command has ${total} bytes, and ${MAX_COMMAND_BYTES - reserved} are allowed.`
    : null;
}
