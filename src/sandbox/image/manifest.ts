import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramPaths } from '../programs/program.ts';
import { type ImageSources, modified } from './root-image-sources.ts';

/**
 * Version of the layout of an image and its facts. Increment it when the layout changes, so that images of an older version are rebuilt.
 */
export const LAYOUT = 6;

export interface ProgramFacts {
  /** First line of the program's output about its version. */
  version: string;
  /** Version of the distribution's package. Null for a program that belongs to no package. */
  package: string | null;
  /** Path on the host. */
  path: string;
  /** Whether the program can read the value of an option from a file (`-/name FILE`), as FFmpeg 7 and later can. */
  readsArguments: boolean;
}

/** The facts of programs, by the name of the program. */
export type ImageFacts = Readonly<Record<string, ProgramFacts>>;

/** The sources of an image, stored in a file next to the image. */
export interface Manifest extends ImageSources {
  layout: number;
  programs: ProgramPaths;
  /** The facts of the programs, which are queried once per image, in cells. */
  facts: ImageFacts | null;
}

/** Reads the manifest of an image. Returns null if there is no manifest, or if it has another layout. */
export function readManifest(folder: string, fingerprint: string): Manifest | null {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, `${fingerprint}.json`), 'utf8')) as Manifest;
    return manifest.layout === LAYOUT ? manifest : null;
  } catch {
    return null;
  }
}

export async function writeManifest(folder: string, fingerprint: string, manifest: Manifest): Promise<void> {
  const temporary = join(folder, `.manifest-${randomUUID()}`);
  await writeFile(temporary, JSON.stringify(manifest), { mode: 0o600 });
  await rename(temporary, join(folder, `${fingerprint}.json`));
}

/** Whether nothing that determines the content of an image has changed. Makes one `stat` call per source. */
export function isFresh({ files, watched }: Pick<ImageSources, 'files' | 'watched'>): boolean {
  return (
    files.every(({ from, size, mtimeMs }) => {
      const stats = statSync(from, { throwIfNoEntry: false });
      return stats?.size === size && stats.mtimeMs === mtimeMs;
    }) && watched.every(({ path, mtimeMs }) => modified(path) === mtimeMs)
  );
}

/**
 * Whether every file of the image exists with its size. An image gets its name once it is complete, but a person or a disk error may damage
 * the image later.
 */
export function isIntact(image: string, { files, texts }: Pick<ImageSources, 'files' | 'texts'>): boolean {
  const expected = [...files, ...texts.map(({ to, text }) => ({ to, size: Buffer.byteLength(text) }))];
  return expected.every(({ to, size }) => statSync(join(image, to), { throwIfNoEntry: false })?.size === size);
}
