import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSanitizer, type Sanitizer } from '../../src/sanitizer/index.ts';
import { expectAlike } from './alike.ts';
import { everythingOf } from './equal.ts';
import { FRAGMENT_CORPUS, type FragmentCase } from './fragment-corpus.ts';

const run = promisify(execFile);
const FFMPEG = ['-nostdin', '-v', 'error', '-y'];

describe('a plain container made of fragments', () => {
  let folder: string;
  let sanitizer: Sanitizer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-fragments-'));
    sanitizer = openSanitizer({ threads: 2 });
  });
  afterAll(async () => {
    await sanitizer?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function make({ file = 'mp4', args, flags, copied, altered }: FragmentCase, number: number): Promise<string> {
    const path = join(folder, `${number}.${file}`);
    const made = copied ? join(folder, `${number}-first.${file}`) : path;
    await run('ffmpeg', [...FFMPEG, ...args, '-shortest', '-movflags', flags, made]);
    if (copied) await run('ffmpeg', [...FFMPEG, ...copied, '-i', made, '-c', 'copy', '-movflags', flags, path]);
    if (altered) await writeFile(path, altered(await readFile(path)));
    return path;
  }

  it.each(FRAGMENT_CORPUS.map((entry, number) => ({ ...entry, number })))(
    'gives FFmpeg the same as fragments with $name, or leaves them',
    async (entry) => {
      const path = await make(entry, entry.number);
      const target = `${path}.container`;
      const found = await sanitizer.sanitize({ path, demuxer: 'mov', target, mediaBytes: null }, { subject: 'It' });
      if (entry.stays) {
        expect(found).toMatchObject({ container: 'original', reason: expect.stringMatching(entry.stays) });
        return;
      }
      expect(found).toMatchObject({ container: 'rewritten', reason: null });
      expect((await readFile(target)).includes('moof')).toBe(false);
      const [theirs, ours] = [await everythingOf(path, 'mov'), await everythingOf(target, 'mov')];
      expectAlike(theirs, ours, entry);
    },
  );
});
