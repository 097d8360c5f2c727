import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, processStat } from '../../telemetry/process-stat.ts';
import { pidNamespace } from '../host/proc.ts';
import { removeTree } from './remove-tree.ts';

/**
 * Milliseconds for which the owner of a folder in another pid namespace (a container on a shared volume) counts as alive after it last
 * touched the folder.
 */
const FOREIGN_LIFE_MS = 10 * 60_000;
const TOUCH_MS = 60_000;

/** The folder of one open sandbox. It contains all cells of the sandbox, and its name identifies the process. */
export interface CellOwner {
  folder: string;
  /** Replaces the list of root images that other processes must not remove. */
  registerImages(fingerprints: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Creates `<cells>/<pid>-<start time>-<pid namespace>-<random>/`. Pid and start time identify the process uniquely. The namespace shows
 * whether they can be looked up here at all.
 * @param image fingerprint of the root image in use, so that other processes do not remove the image
 */
export async function openCellOwner(cells: string, image: string): Promise<CellOwner> {
  await mkdir(cells, { recursive: true });
  await chmod(cells, 0o711);
  const mark = `${process.pid}-${processStat('self')!.startTicks}-${pidNamespace()}-${randomUUID().slice(0, 8)}`;
  const folder = join(cells, mark);
  await mkdir(folder, { mode: 0o711 });
  await chmod(folder, 0o711);
  await writeFile(join(folder, 'image'), image, { mode: 0o600 });
  const timer = setInterval(() => utimes(folder, new Date(), new Date()).catch(() => {}), TOUCH_MS);
  timer.unref();
  return {
    folder,
    async registerImages(fingerprints) {
      const next = join(folder, `image-${randomUUID()}`);
      await writeFile(next, fingerprints.join('\n'), { mode: 0o600 });
      await rename(next, join(folder, 'image'));
    },
    async close() {
      clearInterval(timer);
      await removeTree(folder);
    },
  };
}

/** Removes the cells of dead processes. Returns the fingerprints of the images that live processes use. */
export async function removeDeadCells(cells: string): Promise<Set<string>> {
  const used = new Set<string>();
  for (const name of readdirSync(cells)) {
    const folder = join(cells, name);
    if (isAlive(name, folder)) {
      try {
        for (const image of readFileSync(join(folder, 'image'), 'utf8').split('\n')) used.add(image);
      } catch {
        // The folder is still being created. Its image is too new to be removed.
      }
      continue;
    }
    // Another process may be removing the folder too.
    await removeTree(folder).catch(() => {});
  }
  return used;
}

function isAlive(name: string, folder: string): boolean {
  const [pid, startTicks, namespace] = name.split('-');
  if (namespace === pidNamespace()) return isRunning({ pid: Number(pid), startTicks: startTicks ?? '' });
  return (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) > Date.now() - FOREIGN_LIFE_MS;
}
