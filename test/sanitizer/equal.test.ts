import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectMedia } from '../../src/media/index.ts';
import { openSanitizer, type Sanitizer } from '../../src/sanitizer/index.ts';
import { type Case, CORPUS } from './corpus.ts';
import { everythingOf } from './equal.ts';
import { SOUND_CORPUS } from './sound-corpus.ts';

const run = promisify(execFile);

describe('a container of ours', () => {
  let folder: string;
  let sanitizer: Sanitizer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-look-'));
    sanitizer = openSanitizer({ threads: 2 });
  });
  afterAll(async () => {
    await sanitizer?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function make({ file, args, copied, altered }: Case, number: number): Promise<string> {
    const path = join(folder, `${number}.${file}`);
    const made = copied ? join(folder, `${number}-first.${file}`) : path;
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, '-shortest', made]);
    if (copied) await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...copied, '-i', made, '-c', 'copy', path]);
    if (altered) await writeFile(path, altered(await readFile(path)));
    return path;
  }

  it.each([...CORPUS, ...SOUND_CORPUS].map((entry, number) => ({ ...entry, number })))(
    'gives FFmpeg the same as $file with $name, or leaves it',
    async (entry) => {
      const path = await make(entry, entry.number);
      const { demuxer } = (await detectMedia(await readFile(path)))!;
      const target = `${path}.container`;
      const found = await sanitizer.sanitize({ path, demuxer, target, mediaBytes: null }, { subject: 'It' });
      if (entry.stays) {
        expect(found).toMatchObject({ container: 'original', demuxer, reason: expect.stringMatching(entry.stays) });
        return;
      }
      expect(found).toMatchObject({ container: 'rewritten', reason: null });
      const [ours, theirs] = await Promise.all([everythingOf(target, found.demuxer), everythingOf(path, demuxer)]);
      if (entry.isEstimated) for (const one of [ours, theirs]) withoutLengths(one);
      expect(ours).toEqual(theirs);
    },
  );
});

function withoutLengths(everything: Record<string, unknown>): void {
  delete everything.duration;
  for (const stream of everything.streams as Record<string, unknown>[]) {
    delete stream.duration;
    delete stream.duration_ts;
  }
}
