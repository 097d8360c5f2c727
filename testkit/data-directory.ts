import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './run.ts';

/** Parts of a data directory that never change once created. A copy contains hard links to them. */
const CONSTANT = /^(rootimg|pgsql-.*)$/;
/** Parts that are not copied, because a start creates them. */
const LEFT_OUT = new Set(['ballast', 'cells', 'ready.json', 'socket', 'up.lock', 'work']);

/**
 * Prepares the data directory of a stopped service for copying. Removes WAL segments that PostgreSQL keeps for later, which are half of the
 * bytes of a new cluster.
 */
export async function sealTemplate(dataDir: string): Promise<void> {
  const data = join(dataDir, 'postgres', 'data');
  const wal = join(data, 'pg_wal');
  const segments = (await readdir(wal)).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort();
  // The checkpoint of the shutdown has removed or renamed older segments, so the first segment contains the checkpoint.
  for (const later of segments.slice(1)) await rm(join(wal, later));
}

/**
 * Copies a data directory as `airlock up` leaves it after its first start, which avoids running `initdb` and copying FFmpeg again. If
 * `TEST_MEMORY` names a folder, the database is stored there behind a symbolic link, because writing its 1,500 files to a disk takes up to
 * five seconds while other tests run.
 * @param path target; default: a temporary folder
 * @param onDisk whether to copy the database into the directory itself in any case
 */
export async function copyTemplate(template: string, path?: string, onDisk = false): Promise<string> {
  const dataDir = path ?? (await makeDataDir());
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  await copyFolder(template, dataDir);
  const [from, home] = [join(template, 'postgres'), join(dataDir, 'postgres')];
  await run('mkdir', ['--mode=0711', home]);
  const memory = onDisk ? undefined : process.env.TEST_MEMORY;
  if (!memory) await copyFolder(from, home);
  else {
    await copyFolder(from, home, ['data']);
    const folder = await mkdtemp(join(memory, 'postgres-'));
    await chmod(folder, 0o711);
    await run('cp', ['--archive', '--', join(from, 'data'), folder]);
    await symlink(join(folder, 'data'), join(home, 'data'));
  }
  return dataDir;
}

/** Removes a data directory, and its database if that is elsewhere. */
export async function removeDataDir(dataDir: string): Promise<void> {
  const database = await realpath(join(dataDir, 'postgres', 'data')).catch(() => null);
  if (database) await rm(database, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

/** Creates a data directory that the unprivileged accounts of a service started as root can enter. */
export async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'airlock-test-'));
  await chmod(dataDir, 0o711);
  return dataDir;
}

/**
 * Links the root image of this run into a data directory, so that the service does not build one: a build takes more than a second of CPU
 * time. Also copies the files of `ffmpegUpdate`. Linked files keep their owner, who may differ from the owner of the folders.
 * @param owner user and group id of the account that uses the directory; default: the account of this process
 * @param isOtherDisk whether the directory is on another file system. Files are then copied, because links are impossible
 */
export async function linkRootImage(dataDir: string, owner?: number, isOtherDisk = false): Promise<void> {
  const target = join(dataDir, 'rootimg');
  await mkdir(dataDir, { recursive: true });
  const images = process.env.TEST_ROOT_IMAGES!;
  await run('cp', ['--archive', isOtherDisk ? '--reflink=auto' : '--link', '--', images, target]);
  const policy = join(dataDir, 'apt-policy.json');
  const hasPolicy = await copyFile(join(dirname(images), 'apt-policy.json'), policy).then(
    () => true,
    // The file is absent on systems without apt.
    () => false,
  );
  if (owner === undefined) return;
  if (hasPolicy) await chown(policy, owner, owner);
  const entries = await readdir(target, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(target, name));
  for (const folder of [target, ...folders]) await chown(folder, owner, owner);
}

/** Copies the entries of a folder with their owners and modes, because PostgreSQL and the storage belong to other accounts. */
async function copyFolder(from: string, to: string, without: string[] = ['postgres']): Promise<void> {
  const names = (await readdir(from)).filter((name) => !LEFT_OUT.has(name) && !without.includes(name));
  const paths = (constant: boolean) => names.filter((name) => CONSTANT.test(name) === constant);
  const copy = (options: string[], some: string[]) =>
    some.length > 0 && run('cp', [...options, '--', ...some.map((name) => join(from, name)), to]);
  await copy(['--archive', '--link'], paths(true));
  await copy(['--archive'], paths(false));
}
