import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Case, CORPUS } from './corpus.ts';
import { openRewriting } from './rewritten.ts';
import { SOUND_CORPUS } from './sound-corpus.ts';

const CASES = [...CORPUS, ...SOUND_CORPUS].map((entry: Case) => ({ ...entry, args: [...entry.args, '-shortest'] }));

describe('a rewritten container', () => {
  let rewriting: Awaited<ReturnType<typeof openRewriting<(typeof CASES)[number]>>>;
  beforeAll(async () => {
    rewriting = await openRewriting(CASES);
  });
  afterAll(() => rewriting?.close());

  it.each(CASES)('gives FFmpeg the same as $file with $name, or leaves it', async (entry) => {
    const { found, demuxer, compared } = await rewriting.rewrite(entry);
    if (entry.stays) {
      expect(found).toMatchObject({ container: 'original', demuxer, reason: expect.stringMatching(entry.stays) });
      return;
    }
    expect(found).toMatchObject({ container: 'rewritten', reason: null });
    const { ours, theirs } = compared!;
    if (entry.isEstimated) for (const one of [ours, theirs]) withoutLengths(one);
    expect(ours).toEqual(theirs);
  });
});

function withoutLengths(everything: Record<string, unknown>): void {
  delete everything.duration;
  for (const stream of everything.streams as Record<string, unknown>[]) {
    delete stream.duration;
    delete stream.duration_ts;
  }
}
