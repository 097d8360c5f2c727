import { closeSync, readdirSync, readFileSync } from 'node:fs';

const O_CLOEXEC = 0o2000000;
/**
 * Returns the descriptors above 2 that a child would inherit because they lack close-on-exec. Node sets close-on-exec on every descriptor
 * that it opens.
 */
export function inheritedDescriptors(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2 && !closesOnExec(fd));
}

/**
 * Closes descriptors inherited from a shell or a supervisor, which would leak into FFmpeg, because bwrap does not close them. JavaScript
 * cannot set close-on-exec, so this closes the descriptors for good. Node sets close-on-exec on descriptors up to 15 at startup
 * (uv_disable_stdio_inheritance), so an IPC channel is never among them.
 * @returns the closed descriptors
 */
export function closeInherited(): number[] {
  const closed: number[] = [];
  for (const fd of inheritedDescriptors()) {
    try {
      closeSync(fd);
      closed.push(fd);
    } catch {
      // This is the descriptor of the directory listing, which is already closed.
    }
  }
  return closed;
}

function closesOnExec(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
    return flags !== null && (Number.parseInt(flags[1]!, 8) & O_CLOEXEC) !== 0;
  } catch {
    return true;
  }
}
