import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

/** A folder below the repository, so that the programs stay until the packages change, and other accounts can run them. */
const FOLDER = join(import.meta.dirname, '..', '.build', 'test-programs');
/** Without this option, apt warns that its own account cannot write to the folder. */
const APT = ['-q', '-o', 'APT::Sandbox::User=root'];

/** A program of the distribution. */
export interface FoundProgram {
  path: string;
  /** Folder into which the packages were unpacked, or null if they are installed. */
  folder: string | null;
  /** Reason why the program is not available; null if it is. */
  missing: string | null;
}

/**
 * Finds a program, or downloads its packages and unpacks them below `.build`. Unlike an installation, this starts no service on this
 * computer, now or when it boots, and needs no root. The libraries of the program must be installed.
 * @param packages by their Debian names
 */
export async function findOrUnpack(path: string, packages: readonly string[]): Promise<FoundProgram> {
  if (existsSync(path)) return { path, folder: null, missing: null };
  const folder = join(FOLDER, packages.join('+'));
  const found = { path: join(folder, path), folder, missing: null };
  if (existsSync(found.path)) return found;
  // Another run may unpack the packages at the same time, so only the result counts.
  await unpack(folder, packages).catch(() => {});
  if (existsSync(found.path)) return found;
  return { ...found, missing: `${packages[0]} is not installed, and apt-get could not download it` };
}

async function unpack(folder: string, packages: readonly string[]): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const staged = await mkdtemp(`${folder}-`);
  const download = () => run('apt-get', [...APT, 'download', ...packages], { cwd: staged });
  try {
    // The lists of packages may be absent or too old.
    await download().catch(async () => {
      await run('apt-get', [...APT, 'update']);
      await download();
    });
    for (const name of await readdir(staged)) {
      await run('dpkg-deb', ['--extract', join(staged, name), staged]);
      await rm(join(staged, name));
    }
    await run('chmod', ['755', staged]);
    await rename(staged, folder);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}
