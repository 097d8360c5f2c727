import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Look, openLook } from '../../src/look/index.ts';
import { detectMedia } from '../../src/media/index.ts';
import { type Case, CORPUS } from './corpus.ts';
import { everythingOf } from './equal.ts';

const run = promisify(execFile);

describe('a container of ours', () => {
  let folder: string;
  let look: Look;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-look-'));
    look = openLook({ threads: 2 });
  });
  afterAll(async () => {
    await look?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function make({ file, args, copied }: Case, number: number): Promise<string> {
    const path = join(folder, `${number}.${file}`);
    const made = copied ? join(folder, `${number}-first.${file}`) : path;
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, '-shortest', made]);
    if (copied) await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...copied, '-i', made, '-c', 'copy', path]);
    return path;
  }

  it.each(CORPUS.map((entry, number) => ({ ...entry, number })))(
    'gives FFmpeg the same as $file with $name, or leaves it',
    async (entry) => {
      const path = await make(entry, entry.number);
      const { demuxer } = (await detectMedia(await readFile(path)))!;
      const target = `${path}.container`;
      const found = await look.look({ path, demuxer, target, mediaBytes: null }, { subject: 'It' });
      if (entry.stays) {
        expect(found).toMatchObject({ container: 'original', demuxer, reason: expect.stringMatching(entry.stays) });
        return;
      }
      expect(found).toMatchObject({ container: 'rewritten', reason: null });
      expect(await everythingOf(target, found.demuxer)).toEqual(await everythingOf(path, demuxer));
    },
  );
});
