import { closeSync, readdirSync, readFileSync } from 'node:fs';

const O_CLOEXEC = 0o2000000;
/** Descriptors above 2 that a child would inherit: those without close-on-exec. Node marks all that it opens itself. */
export function inheritedDescriptors(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2 && !closesOnExec(fd));
}

/**
 * Closes descriptors that this process got from a shell or a supervisor and that would leak into FFmpeg; bwrap does
 * not close them. JavaScript cannot set close-on-exec, so they are closed for good. Node itself marks
 * descriptors up to 15 at its start (uv_disable_stdio_inheritance), so that an IPC channel is never among them.
 * @returns the closed descriptors.
 */
export function closeInherited(): number[] {
  const closed: number[] = [];
  for (const fd of inheritedDescriptors()) {
    try {
      closeSync(fd);
      closed.push(fd);
    } catch {
      // It was the descriptor of the directory listing itself, gone by now.
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
