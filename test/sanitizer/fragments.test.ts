import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAlike } from './alike.ts';
import { FRAGMENT_CORPUS } from './fragment-corpus.ts';
import { openRewriting } from './rewritten.ts';

const CASES = FRAGMENT_CORPUS.map((entry) => ({
  ...entry,
  file: entry.file ?? 'mp4',
  args: [...entry.args, '-shortest', '-movflags', entry.flags],
  copiedTo: ['-movflags', entry.flags],
}));

describe('a plain container made of fragments', () => {
  let rewriting: Awaited<ReturnType<typeof openRewriting<(typeof CASES)[number]>>>;
  beforeAll(async () => {
    rewriting = await openRewriting(CASES);
  });
  afterAll(() => rewriting?.close());

  it.each(CASES)('gives FFmpeg the same as fragments with $name, or leaves them', async (entry) => {
    const { found, demuxer, target, compared } = await rewriting.rewrite(entry);
    expect(demuxer).toBe('mov');
    if (entry.stays) {
      expect(found).toMatchObject({ container: 'original', reason: expect.stringMatching(entry.stays) });
      return;
    }
    expect(found).toMatchObject({ container: 'rewritten', reason: null });
    expect((await readFile(target)).includes('moof')).toBe(false);
    expectAlike(compared!.theirs, compared!.ours, entry);
  });
});
