import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Parts of a data directory that nothing writes to once they are made. They are hard links in a copy. */
const CONSTANT = /^(rootimg|pgsql-.*)$/;
/** Parts that a start makes when they are absent. */
const LEFT_OUT = new Set(['ballast', 'cells', 'ready.json', 'socket', 'up.lock', 'work']);

/**
 * Finishes the data directory of a service that has stopped, so that it can be copied. Its copies do not survive a
 * power failure: no test causes one, and waiting for the disk is a large part of what a test does.
 */
export async function sealTemplate(dataDir: string): Promise<void> {
  await appendFile(join(dataDir, 'postgres', 'data', 'postgresql.auto.conf'), 'fsync = off\n');
}

/**
 * A data directory as `airlock up` left it after its first start, without running `initdb` and copying FFmpeg again.
 * @param path where it goes; without it, a temporary folder
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

/** Passable by the unprivileged accounts that a service started as root hands its children to. */
export async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'airlock-test-'));
  await chmod(dataDir, 0o711);
  return dataDir;
}

/** Owners and modes are kept: PostgreSQL and the storage belong to accounts of their own. */
async function copyFolder(from: string, to: string): Promise<void> {
  const names = (await readdir(from)).filter((name) => !LEFT_OUT.has(name) && name !== 'postgres');
  const paths = (constant: boolean) => names.filter((name) => CONSTANT.test(name) === constant);
  const copy = (options: string[], some: string[]) =>
    some.length > 0 && run('cp', [...options, '--', ...some.map((name) => join(from, name)), to]);
  await copy(['--archive', '--link'], paths(true));
  await copy(['--archive'], paths(false));
}
