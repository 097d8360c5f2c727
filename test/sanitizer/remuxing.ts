import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectMedia, type MediaInfo } from '../../src/ffmpeg/index.ts';
import { openSanitizer, type Sanitizer } from '../../src/sanitizer/index.ts';
import { makeAllMedia } from '../../testkit/media-cache.ts';
import { run } from '../../testkit/run.ts';
import { inBatches } from '../helpers/batches.ts';
import { type FfmpegView, ffmpegViews } from './ffmpeg-view.ts';

/** Number of files per process. */
const BATCH = 8;

/** How a file of a corpus is made. */
export interface Origin {
  file: string;
  /** Arguments of FFmpeg before the name of the file. */
  args: readonly string[];
  /** A second step: copies the first file, with these arguments before `-i` and `copiedTo` after it. */
  copied?: readonly string[];
  copiedTo?: readonly string[];
  /** A last step: changes the bytes to something that FFmpeg does not write. */
  altered?: (bytes: Buffer) => Buffer;
}

export interface Remuxed {
  found: Awaited<ReturnType<Sanitizer['sanitize']>>;
  demuxer: string;
  /** Path of the remuxed file, if the file was remuxed. */
  target: string;
  /** What FFmpeg reads from the original and from the remux, and what ffprobe reports about the remux; null if the file was not remuxed. */
  compared: { original: FfmpegView; remux: FfmpegView; info: MediaInfo } | null;
}

/** Makes the files of a corpus, sanitizes them, and reads both versions with FFmpeg, in batches when a result is requested. */
export async function openRemuxing<T extends Origin>(corpus: readonly T[]) {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-remux-'));
  const sanitizer = openSanitizer({ threads: 2 });
  return {
    remux: inBatches(corpus, BATCH, async (batch) => {
      const location = await mkdtemp(join(folder, 'batch-'));
      const sanitized = [];
      for (const path of await makeFiles(location, batch)) sanitized.push(await sanitizeFile(sanitizer, path));
      const remuxed = sanitized.filter(({ found }) => found.container === 'rewritten');
      const views = await ffmpegViews(
        remuxed.flatMap(({ path, demuxer, target, found }) => [
          { path, demuxer },
          { path: target, demuxer: found.demuxer },
        ]),
      );
      return sanitized.map((one): Remuxed => {
        const at = 2 * remuxed.indexOf(one);
        return { ...one, compared: at < 0 ? null : pairOf(views[at]!, views[at + 1]!) };
      });
    }),
    async close(): Promise<void> {
      await sanitizer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function pairOf(original: { view: FfmpegView }, remux: { view: FfmpegView; info: MediaInfo }) {
  return { original: original.view, remux: remux.view, info: remux.info };
}

export async function makeFiles(location: string, batch: readonly Origin[]): Promise<string[]> {
  const files = batch.map((origin, number) => {
    const path = join(location, `${number}.${origin.file}`);
    return { ...origin, path, first: origin.copied ? join(location, `${number}-first.${origin.file}`) : path };
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
