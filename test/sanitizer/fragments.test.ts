import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectEquivalent } from './expect-equivalent.ts';
import { FRAGMENT_CORPUS } from './fragment-corpus.ts';
import { openRemuxing } from './remuxing.ts';

const CASES = FRAGMENT_CORPUS.map((entry) => ({
  ...entry,
  file: entry.file ?? 'mp4',
  args: [...entry.args, '-shortest', '-movflags', entry.flags],
  copiedTo: ['-movflags', entry.flags],
}));

describe('a plain container made from fragments', () => {
  let remuxing: Awaited<ReturnType<typeof openRemuxing<(typeof CASES)[number]>>>;
  beforeAll(async () => {
    remuxing = await openRemuxing(CASES);
  });
  afterAll(() => remuxing?.close());

  it.each(CASES)('is read by FFmpeg like the fragments with $name, or is not made', async (entry) => {
    const { found, demuxer, target, compared } = await remuxing.remux(entry);
    expect(demuxer).toBe('mov');
    if (entry.stays) {
      expect(found).toMatchObject({ container: 'original', reason: expect.stringMatching(entry.stays) });
      return;
    }
    expect(found).toMatchObject({ container: 'rewritten', reason: null });
    expect((await readFile(target)).includes('moof')).toBe(false);
    expectEquivalent(compared!.original, compared!.remux, entry);
  });
});
