import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Case, CORPUS } from './corpus.ts';
import { differences } from './info-differences.ts';
import { openRemuxing } from './remuxing.ts';
import { SOUND_CORPUS } from './sound-corpus.ts';

const CASES = [...CORPUS, ...SOUND_CORPUS].map((entry: Case) => ({ ...entry, args: [...entry.args, '-shortest'] }));

describe('a remuxed container', () => {
  let remuxing: Awaited<ReturnType<typeof openRemuxing<(typeof CASES)[number]>>>;
  beforeAll(async () => {
    remuxing = await openRemuxing(CASES);
  });
  afterAll(() => remuxing?.close());

  it.each(CASES)('is read by FFmpeg like $file with $name, or is not made', async (entry) => {
    const { found, demuxer, compared } = await remuxing.remux(entry);
    if (entry.stays) {
      expect(found).toMatchObject({ container: 'original', demuxer, reason: expect.stringMatching(entry.stays) });
      return;
    }
    expect(found).toMatchObject({ container: 'rewritten', reason: null });
    const { original, remux } = compared!;
    if (entry.isEstimated) for (const one of [original, remux]) withoutLengths(one);
    if (entry.isUntimed) for (const one of [original, remux]) withoutTimes(one);
    expect(remux).toEqual(original);
  });

  it.each(CASES)('is described as ffprobe does, or is not described: $file with $name', async (entry) => {
    const { found, compared } = await remuxing.remux(entry);
    expect(found.info !== null).toBe(entry.described === true);
    if (found.info && compared) {
      const { sizeBytes } = found.info;
      expect(differences(found.info, { ...compared.info, sizeBytes }, false)).toEqual([]);
    }
  });
});

/** Omits what FFmpeg derives from a declared frame rate. */
function withoutTimes(view: Record<string, unknown>): void {
  withoutLengths(view);
  for (const entry of [...(view.streams as Record<string, unknown>[]), ...(view.packets as Record<string, unknown>[])])
    for (const name of ['r_frame_rate', 'avg_frame_rate', 'duration', 'duration_time']) delete entry[name];
}

function withoutLengths(view: Record<string, unknown>): void {
  delete view.duration;
  for (const stream of view.streams as Record<string, unknown>[]) {
    delete stream.duration;
    delete stream.duration_ts;
  }
}
