/*
 * Flags and helpers of all commands that call the API. Each role loads this file, so it imports nothing.
 */

export const ACCOUNT = ['--account <name>', 'account on the service of this machine (default: "default")'] as const;
export const JSON_FLAG = ['--json', 'print JSON'] as const;

/** Sets the exit code of the process to the exit code with which a command resolves. */
export async function exit(code: Promise<number>): Promise<void> {
  process.exitCode = await code;
}
