import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlannedOutput } from '../../../src/blueprints/blueprint.ts';
import { makeScenes, type Scenes } from '../../../testkit/scenes/scenes.ts';
import { hashDistance, hashFrames } from '../../helpers/picture-hash.ts';
import { loudness, openWorkshop, type Result, type Workshop } from '../helpers.ts';
import { casesOf, factsOf, keyOf, make, planCase, SMALL, smallCasesOf } from './cases.ts';
import HASHES from './hashes.json' with { type: 'json' };

/** Maximum number of bits by which a frame may differ, because other versions of FFmpeg or of fonts change a few bits. */
const TOLERANCE = 6;

let shop: Workshop;
let scenes: Scenes;
const found: Record<string, string[]> = {};
const made = new Map<string, Promise<Result>>();

/** Makes an output, or returns the output that an earlier test has made. */
function makeOnce(planned: PlannedOutput): Promise<Result> {
  const key = JSON.stringify(planned.request);
  const making = made.get(key) ?? make(shop, planned);
  made.set(key, making);
  return making;
}

beforeAll(async () => {
  // With faster presets, small pictures would differ too much from the approved pictures.
  shop = await openWorkshop({ hastened: 'large' });
  scenes = await makeScenes(shop.dir, SMALL);
}, 60_000);

afterAll(() => shop?.remove());

const NAMES = casesOf(new Proxy({} as Scenes, { get: () => ['', ''] })).map(({ blueprint: { slug }, name }, index) => {
  return [name ? `${slug} (${name})` : slug, index] as const;
});

const SIZES: Readonly<Record<string, string>> = {
  'resize-format video': '1080x1920',
  'viral-short video': '1080x1920',
  'hook-variants hook-1': '1080x1920',
  'listing-kit 9x16': '1080x1920',
  'listing-kit 1x1': '1080x1080',
  'listing-kit 16x9': '1920x1080',
  'listing-kit 4x5': '1080x1350',
  'quote-card image': '1080x1350',
  'video-to-gif gif': '320x180',
};

describe('the output of a blueprint', () => {
  it.each(NAMES)('looks like the approved output: %s', async (_, index) => {
    const one = smallCasesOf(scenes)[index]!;
    for (const planned of await planCase(one)) {
      const { path, info } = await makeOnce(planned);
      const [video] = info.video;
      const key = keyOf(one, planned);
      if (planned.request.outputFormat === 'mp4')
        expect(video).toMatchObject({ codec: 'h264', pixelFormat: 'yuv420p', sampleAspectRatio: 1 });
      if (SIZES[key]) expect(`${video!.width}x${video!.height}`).toBe(SIZES[key]);
      const hashes = await hashFrames(path, one.shown);
      found[key] = hashes;
      const expected = (HASHES as Record<string, string[]>)[key] ?? [];
      expect(expected).toHaveLength(hashes.length);
      for (const [at, hash] of hashes.entries()) {
        expect(hashDistance(hash, expected[at]!), `${key}: ${JSON.stringify(hashes)}`).toBeLessThanOrEqual(TOLERANCE);
      }
    }
  });

  it('differs visibly from the picture without its logo, hook or caption', () => {
    const [plain] = found['speed-changer video']!;
    const drawn = [
      'watermark video',
      'video-to-gif gif',
      ...NAMES.flatMap(([name]) => (/\((?!center)/.test(name) ? [`${name} video`] : [])),
    ];
    for (const key of drawn) expect(hashDistance(found[key]![0]!, plain!), key).toBeGreaterThan(TOLERANCE);
  });

  it('keeps the sound of a video, is silent if the video is, and lowers music under a voice until the music fades out', async () => {
    const [kept] = await planCase({ ...smallCasesOf(scenes)[0]! });
    expect((await makeOnce(kept!)).info.audio).toHaveLength(1);
    const short = smallCasesOf(scenes).find(({ blueprint: { slug } }) => slug === 'viral-short')!;
    const inputs = { ...short.inputs, video_url: scenes.lake };
    const [ducked] = await planCase({ ...short, inputs });
    const { path, info } = await makeOnce(ducked!);
    expect(info.audio).toHaveLength(1);
    expect(info.durationSeconds).toBeCloseTo(1.5, 1);
    const [alone] = await planCase(short);
    const { path: music } = await makeOnce(alone!);
    // The voice is loudest at 0.18 s and silent from 0.36 s to 0.71 s.
    expect(await loudness(music, 0.05, 0.3)).toBeLessThan(0);
    expect(await loudness(music, 1.35, 0.15)).toBeLessThan((await loudness(music, 0.5, 0.3)) - 8);
    expect(await loudness(path, 0.5, 0.15)).toBeLessThan(await loudness(path, 0.12, 0.12));
  });

  it('is upright for a rotated video, with width and height swapped', async () => {
    const upright = await shop.make('turned.mp4', [...['-display_rotation', '90', '-i', scenes.lake, '-c', 'copy']]);
    expect(await factsOf(upright)).toMatchObject({ width: 180, height: 320 });
    const zoom = smallCasesOf(scenes).find(({ blueprint: { slug } }) => slug === 'zoom-in')!;
    const [planned] = await planCase({ ...zoom, inputs: { video_url: upright } });
    expect((await makeOnce(planned!)).info.video).toMatchObject([{ width: 180, height: 320, rotation: 0 }]);
  });
});
