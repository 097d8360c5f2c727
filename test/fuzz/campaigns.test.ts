import { describe, expect, it } from 'vitest';
import { damaged, restructured } from '../../testkit/bytes.ts';
import { randomOf } from '../../testkit/random.ts';
import { type Campaign, runCampaign } from './campaign.ts';
import { CONTAINERS } from './containers.ts';
import { COSTLY } from './costly.ts';
import { DESCRIBED } from './described.ts';
import { FRAGMENTS } from './fragments.ts';
import { JSON_BODIES } from './json-bodies.ts';
import { PIECES } from './pieces.ts';
import { READERS } from './readers.ts';
import { REWRITING } from './rewriting.ts';
import { SIGNATURES } from './signatures.ts';

const SEED = 20_261_124;

/** What comes out must be of several kinds, else the run has looked at nothing. */
async function findings(campaign: Campaign, cases: number, kinds: readonly string[]) {
  const report = await runCampaign(campaign, { seed: SEED, cases });
  for (const kind of kinds) expect([kind, report.tally[kind] ?? 0]).not.toEqual([kind, 0]);
  return report.findings.map((finding) => ({ seed: SEED, ...finding }));
}

describe('a short run over', () => {
  it('damaged media files ends none of them outside its limits, and leaves nothing', { timeout: 120_000 }, async () => {
    expect(await findings(CONTAINERS, 20, ['done', 'invalid_media'])).toEqual([]);
  });

  it('damaged audio files rewrites only those whose rewrite is stable', { timeout: 120_000 }, async () => {
    const kinds = ['mp3 rewritten', 'aac rewritten', 'ogg rewritten', 'mp3 original', 'ogg original', 'invalid_media'];
    expect(await findings(REWRITING, 150, kinds)).toEqual([]);
  });

  it('damaged files describes each as ffprobe does, or not at all', { timeout: 120_000 }, async () => {
    expect(await findings(DESCRIBED, 60, ['described', 'not described'])).toEqual([]);
  });

  it('damaged files in fragments ends each in a verdict, and what we write we would take', {
    timeout: 60_000,
  }, async () => {
    expect(await findings(FRAGMENTS, 500, ['rewritten', 'original', 'invalid_media', 'too_long'])).toEqual([]);
  });

  it('altered signed requests honours none', { timeout: 60_000 }, async () => {
    expect(await findings(SIGNATURES, 600, ['403', '400', 'same'])).toEqual([]);
  });

  it('JSON for every route never causes a server error', { timeout: 120_000 }, async () => {
    expect(await findings(JSON_BODIES, 40, ['200', '400', '404'])).toEqual([]);
  });

  it('bodies made to be slow occupies the event loop for 50 ms with none', { timeout: 120_000 }, async () => {
    expect(await findings(COSTLY, 60, ['200', '400', '422'])).toEqual([]);
  });

  it('clips encodes each in pieces as one process does: every frame once, the same sound, the same quality', {
    timeout: 120_000,
  }, async () => {
    expect(await findings(PIECES, 1, ['joined'])).toEqual([]);
  });

  it('what FFmpeg, ffprobe and a store may output is read or rejected, immediately', async () => {
    expect(await findings(READERS, 4000, ['progress', 'probe read', 'list read'])).toEqual([]);
  });
});

describe('the mutator', () => {
  it('makes the same damage of the same seed, and damage indeed', () => {
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

  it('reports each finding with its case, and the case alone reproduces it', async () => {
    const report = await runCampaign(broken, { seed: 7, cases: 20 });
    expect(report.findings.at(-1)).toEqual({ case: null, faults: ['left something'] });
    const [first] = report.findings;
    const alone = await runCampaign(broken, { seed: 7, cases: 20, only: first!.case });
    expect(alone.findings[0]).toEqual(first);
    expect(alone.cases).toBe(1);
  });
});
