import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyImage, findImage } from './image/prepared-image.ts';
import { openRootImage, removeOldImages } from './image/root-image.ts';
import { openSandbox } from './open.ts';
import { findPrograms } from './programs/find-programs.ts';
import { PROGRAMS } from './programs/table.ts';
import { SandboxError } from './sandbox-error.ts';

/**
 * Puts the image of the installed programs into `folder`, from which new data directories copy the image. Keeps an image that is current.
 * Only the owner can write to the folder.
 * @param paths the paths that the operator set, by program
 * @throws SandboxError if a program is missing
 */
export async function prepareImage(folder: string, paths: Readonly<Record<string, string | undefined>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const programs = findPrograms(PROGRAMS, paths);
  if (findImage(folder, programs)?.manifest.facts) return;
  const work = await mkdtemp(join(tmpdir(), 'airlock-image-'));
  try {
    await chmod(work, 0o711);
    await build(work, paths);
    const built = findImage(join(work, 'rootimg'), programs);
    if (!built) throw new SandboxError('the programs have changed during the build', 'Run ./airlock prepare');
    await copyImage(join(work, 'rootimg'), folder, built);
    await removeOldImages(folder, new Set([built.fingerprint]));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Builds the image. If cells work, also queries the programs of the image. */
async function build(dataDir: string, paths: Readonly<Record<string, string | undefined>>): Promise<void> {
  try {
    await (await openSandbox({ dataDir, slots: 1, paths })).close();
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    await openRootImage(join(dataDir, 'rootimg'), PROGRAMS, findPrograms(PROGRAMS, paths));
  }
}
