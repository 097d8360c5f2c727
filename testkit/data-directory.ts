import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Parts of a data directory that never change once created; a copy hard-links them. */
const CONSTANT = /^(rootimg|pgsql-.*)$/;
/** Parts that a start creates when they are missing. */
const LEFT_OUT = new Set(['ballast', 'cells', 'ready.json', 'socket', 'up.lock', 'work']);

/**
 * Prepares the data directory of a stopped service for copying. Turns off fsync for its copies: no test causes a power
 * failure, and waiting for the disk would take a large part of each test. Removes WAL segments that PostgreSQL keeps
 * for later, half of the bytes of a new cluster.
 */
export async function sealTemplate(dataDir: string): Promise<void> {
  const data = join(dataDir, 'postgres', 'data');
  await appendFile(join(data, 'postgresql.auto.conf'), 'fsync = off\n');
  const wal = join(data, 'pg_wal');
  const segments = (await readdir(wal)).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort();
  // The checkpoint of a shutdown removes or renames what is older than itself, so the first segment holds it.
  for (const later of segments.slice(1)) await rm(join(wal, later));
}

/**
 * Copies a data directory as `airlock up` leaves it after its first start, which avoids running `initdb` and copying
 * FFmpeg again.
 * @param path target; default: a temporary folder
 */
export async function copyTemplate(template: string, path?: string): Promise<string> {
  const dataDir = path ?? (await makeDataDir());
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  await copyFolder(template, dataDir);
  const postgres = 'postgres';
  await run('mkdir', ['--mode=0711', join(dataDir, postgres)]);
  await copyFolder(join(template, postgres), join(dataDir, postgres));
  return dataDir;
}

/** Creates a data directory that the unprivileged accounts of a service started as root can traverse. */
export async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'airlock-test-'));
  await chmod(dataDir, 0o711);
  return dataDir;
}

/** Keeps owners and modes: PostgreSQL and the storage belong to other accounts. */
async function copyFolder(from: string, to: string): Promise<void> {
  const names = (await readdir(from)).filter((name) => !LEFT_OUT.has(name) && name !== 'postgres');
  const paths = (constant: boolean) => names.filter((name) => CONSTANT.test(name) === constant);
  const copy = (options: string[], some: string[]) =>
    some.length > 0 && run('cp', [...options, '--', ...some.map((name) => join(from, name)), to]);
  await copy(['--archive', '--link'], paths(true));
  await copy(['--archive'], paths(false));
}
