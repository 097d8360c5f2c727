import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];

/** Returns the absolute path of a system program, or null. Ignores PATH, because a caller that sets PATH could replace the sandbox. */
export function findProgram(name: string): string | null {
  for (const folder of FOLDERS) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Try the next folder.
    }
  }
  return null;
}

/**
 * Runs a trusted system tool with a minimal environment. Resolves with the tool's output for any exit code. `code` is null if a signal
 * killed the tool or if the tool did not start.
 */
export function runTool(
  program: string,
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      program,
      [...args],
      { env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' }, timeout: 30_000, maxBuffer: 4 * 2 ** 20 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ code, stdout, stderr });
      },
    );
  });
}
