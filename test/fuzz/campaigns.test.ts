import { describe, expect, it } from 'vitest';
import { damaged, restructured } from '../../testkit/bytes.ts';
import { randomOf } from '../../testkit/random.ts';
import { type Campaign, runCampaign } from './campaign.ts';
import { CONTAINERS } from './containers.ts';
import { COPIES } from './copies.ts';
import { COSTLY } from './costly.ts';
import { DESCRIBED } from './described.ts';
import { FRAGMENTS } from './fragments.ts';
import { JSON_BODIES } from './json-bodies.ts';
import { PIECES } from './pieces.ts';
import { READERS } from './readers.ts';
import { REWRITING } from './rewriting.ts';
import { SIGNATURES } from './signatures.ts';

const SEED = 20_261_124;
/** The first clip of this seed has sound, B-frames, noise and 15 frames per second. Other clips have up to 30 frames per second. */
const PIECES_SEED = 12_784;

/** Returns the findings of a run. Expects that each of these results occurred, because otherwise the run has tested nothing. */
async function findings(campaign: Campaign, cases: number, kinds: readonly string[], seed = SEED) {
  const report = await runCampaign(campaign, { seed, cases });
  for (const kind of kinds) expect([kind, report.tally[kind] ?? 0]).not.toEqual([kind, 0]);
  return report.findings.map((finding) => ({ seed, ...finding }));
}

describe('a short fuzzing campaign', () => {
  it('processes every damaged media file within its limits, and leaves nothing behind', {
    timeout: 120_000,
  }, async () => {
    expect(await findings(CONTAINERS, 8, ['done', 'invalid_media'])).toEqual([]);
  });

  it('rewrites damaged audio files in such a way that a second rewrite changes nothing', {
    timeout: 120_000,
  }, async () => {
    const kinds = ['mp3 rewritten', 'aac rewritten', 'ogg rewritten', 'mp3 original', 'ogg original', 'invalid_media'];
    expect(await findings(REWRITING, 100, kinds)).toEqual([]);
  });

  it('describes each damaged file as ffprobe does, or does not describe it', { timeout: 120_000 }, async () => {
    expect(await findings(DESCRIBED, 20, ['described', 'not described'])).toEqual([]);
  });

  it('accepts or rejects each damaged fragmented file, and accepts every file that the sanitizer wrote', {
    timeout: 60_000,
  }, async () => {
    expect(await findings(FRAGMENTS, 300, ['rewritten', 'original', 'invalid_media'])).toEqual([]);
  });

  it('copies a damaged movie within its limits, and reads every copy that it has written', {
    timeout: 60_000,
  }, async () => {
    expect(await findings(COPIES, 300, ['copied', 'left to FFmpeg'])).toEqual([]);
  });

  it('rejects every altered signed request', { timeout: 60_000 }, async () => {
    expect(await findings(SIGNATURES, 150, ['403', '400', 'same'])).toEqual([]);
  });

  it('causes no server error with JSON for every route', { timeout: 120_000 }, async () => {
    expect(await findings(JSON_BODIES, 25, ['200', '400', '404'])).toEqual([]);
  });

  it('never occupies the event loop for 50 ms, even with a body that is made to be slow', {
    timeout: 120_000,
  }, async () => {
    expect(await findings(COSTLY, 20, ['200', '400', '422'])).toEqual([]);
  });

  it('encodes a clip in pieces as one process does, with every frame once, the same sound and the same quality', {
    timeout: 120_000,
  }, async () => {
    expect(await findings(PIECES, 1, ['joined'], PIECES_SEED)).toEqual([]);
  });

  it('reads or rejects every possible output of FFmpeg, ffprobe and a storage immediately', async () => {
    expect(await findings(READERS, 400, ['progress', 'probe read', 'list read'])).toEqual([]);
  });
});

describe('the mutator', () => {
  it('damages a file in the same way for the same seed, and damages most files', () => {
    const file = Buffer.concat([
      Buffer.from('\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x20moov\0\0\0\x18free'),
      Buffer.alloc(2000, 7),
    ]);
    let changed = 0;
    for (let seed = 0; seed < 300; seed += 1) {
      for (const mutate of [damaged, restructured]) {
        const result = mutate(randomOf(seed), file);
        expect(mutate(randomOf(seed), file).equals(result)).toBe(true);
        if (!result.equals(file)) changed += 1;
      }
    }
    expect(changed).toBeGreaterThan(540);
  });
});

describe('a campaign', () => {
  const broken: Campaign = {
    cases: 10,
    open: async () => ({
      tally: {},
      one: async (random) => (random.chance(0.5) ? ['a fault'] : []),
      atEnd: async () => ['left something'],
      close: async () => {},
    }),
  };

  it('reports each finding with its case, and the case alone reproduces the finding', async () => {
    const report = await runCampaign(broken, { seed: 7, cases: 20 });
    expect(report.findings.at(-1)).toEqual({ case: null, faults: ['left something'] });
    const [first] = report.findings;
    const alone = await runCampaign(broken, { seed: 7, cases: 20, only: first!.case });
    expect(alone.findings[0]).toEqual(first);
    expect(alone.cases).toBe(1);
  });
});
