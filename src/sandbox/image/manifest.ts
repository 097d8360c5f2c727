import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramPaths } from '../programs/program.ts';
import { type ImageSources, modified } from './root-image-sources.ts';

/** Increment when the layout of an image or of its facts changes, so that images of an older version are rebuilt. */
export const LAYOUT = 6;

export interface ProgramFacts {
  /** First line of the program's output about its version. */
  version: string;
  /** Version of the distribution's package; null for a program that belongs to no package. */
  package: string | null;
  /** Path on the host. */
  path: string;
  /** Whether the program can read the value of an option from a file (`-/name FILE`), as FFmpeg 7 and later can. */
  readsArguments: boolean;
}

/** Facts by the name of the program. */
export type ImageFacts = Readonly<Record<string, ProgramFacts>>;

/** Describes the sources of an image, in a file next to the image. */
export interface Manifest extends ImageSources {
  layout: number;
  programs: ProgramPaths;
  /** Queried once per image, in cells. */
  facts: ImageFacts | null;
}

/** Null if there is no manifest, or if it has another layout. */
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

/** Whether nothing that determines the content of an image has changed: one `stat` per source. */
export function isFresh({ files, watched }: Pick<ImageSources, 'files' | 'watched'>): boolean {
  return (
    files.every(({ from, size, mtimeMs }) => {
      const stats = statSync(from, { throwIfNoEntry: false });
      return stats?.size === size && stats.mtimeMs === mtimeMs;
    }) && watched.every(({ path, mtimeMs }) => modified(path) === mtimeMs)
  );
}

/** Whether no file is missing. An image gets its name once it is complete, but a person or a disk error may damage it later. */
export function isIntact(image: string, { files, texts }: Pick<ImageSources, 'files' | 'texts'>): boolean {
  const expected = [...files, ...texts.map(({ to, text }) => ({ to, size: Buffer.byteLength(text) }))];
  return expected.every(({ to, size }) => statSync(join(image, to), { throwIfNoEntry: false })?.size === size);
}
