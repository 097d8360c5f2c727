import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot, parsePasswd, SERVICE_ACCOUNT } from '../src/supervisor/account.ts';
import type { SupervisorLogger } from '../src/supervisor/types.ts';

/** Creates a temporary folder below `parent` that the service account can enter. */
export async function makeTestFolder(parent = tmpdir()): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(parent, 'airlock-test-'));
  await chmod(path, 0o711);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Creates the service account as the launcher does, if the tests run as root. */
export async function ensureServiceAccount(): Promise<void> {
  if (!isRoot() || parsePasswd(await readFile('/etc/passwd', 'utf8'), SERVICE_ACCOUNT)) return;
  try {
    execFileSync('/usr/sbin/useradd', [
      '--system',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      SERVICE_ACCOUNT,
    ]);
  } catch (error) {
    // Another test file has created it first.
    if (!parsePasswd(await readFile('/etc/passwd', 'utf8'), SERVICE_ACCOUNT)) throw error;
  }
}

export interface LogEntry {
  level: keyof SupervisorLogger;
  fields: object;
  message: string;
}

/** Returns a logger that records its entries. */
export function recordingLogger(): SupervisorLogger & { entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const keep = (level: keyof SupervisorLogger) => (fields: object, message: string) => {
    entries.push({ level, fields, message });
  };
  return { entries, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
}
