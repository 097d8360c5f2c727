import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { detectMedia } from '../../src/media/index.ts';
import { openSanitizer, type Sanitizer } from '../../src/sanitizer/index.ts';
import { makeAllMedia } from '../../testkit/media-cache.ts';
import { inBatches } from '../helpers/batches.ts';
import { type Everything, everythingOf } from './equal.ts';

const run = promisify(execFile);
/** Files that one process makes, and one decodes. */
const BATCH = 8;

/** How a file of a corpus is made. */
export interface Origin {
  file: string;
  /** FFmpeg's, before the name of the file. */
  args: readonly string[];
  /** Another step, upon the first file: copies it with these arguments before it, and those after it. */
  copied?: readonly string[];
  copiedTo?: readonly string[];
  /** A last step, upon the bytes: what FFmpeg does not write. */
  altered?: (bytes: Buffer) => Buffer;
}

export interface Rewritten {
  found: Awaited<ReturnType<Sanitizer['sanitize']>>;
  demuxer: string;
  /** Where our container is, if it was rewritten. */
  target: string;
  /** What FFmpeg sees in the original and in ours; null = it was not rewritten. */
  compared: { theirs: Everything; ours: Everything } | null;
}

/** Makes the files of a corpus, sanitizes them, and has FFmpeg look at both, in batches as tests ask for them. */
export async function openRewriting<T extends Origin>(corpus: readonly T[]) {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-look-'));
  const sanitizer = openSanitizer({ threads: 2 });
  return {
    rewrite: inBatches(corpus, BATCH, async (batch) => {
      const place = await mkdtemp(join(folder, 'batch-'));
      const sanitized = [];
      for (const path of await makeFiles(place, batch)) sanitized.push(await sanitizeFile(sanitizer, path));
      const rewritten = sanitized.filter(({ found }) => found.container === 'rewritten');
      const everything = await everythingOf(
        rewritten.flatMap(({ path, demuxer, target, found }) => [
          { path, demuxer },
          { path: target, demuxer: found.demuxer },
        ]),
      );
      return sanitized.map((one): Rewritten => {
        const at = 2 * rewritten.indexOf(one);
        return { ...one, compared: at < 0 ? null : { theirs: everything[at]!, ours: everything[at + 1]! } };
      });
    }),
    async close(): Promise<void> {
      await sanitizer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeFiles(place: string, batch: readonly Origin[]): Promise<string[]> {
  const files = batch.map((origin, number) => {
    const path = join(place, `${number}.${origin.file}`);
    return { ...origin, path, first: origin.copied ? join(place, `${number}-first.${origin.file}`) : path };
  });
  await makeAllMedia(files.map(({ first, args }) => ({ path: first, args })));
  for (const { path, first, copied, copiedTo = [], altered } of files) {
    if (copied) {
      const copy = ['-i', first, '-c', 'copy', ...copiedTo];
      await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...copied, ...copy, path]);
    }
    if (altered) await writeFile(path, altered(await readFile(path)));
  }
  return files.map(({ path }) => path);
}

async function sanitizeFile(sanitizer: Sanitizer, path: string) {
  const { demuxer } = (await detectMedia(await readFile(path)))!;
  const target = `${path}.container`;
  const found = await sanitizer.sanitize({ path, demuxer, target, mediaBytes: null }, { subject: 'It' });
  return { path, demuxer, target, found };
}
