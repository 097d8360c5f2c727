import { describe, expect, it } from 'vitest';
import type { LadderRecipe, MediaInfo, PlanInput, VideoStream } from '../../types.ts';
import { planJob } from '../plan.ts';
import { plainVideo } from '../streams.ts';
import { cutLadder } from './cut-ladder.ts';
import { splitLadder } from './split-ladder.ts';
import type { FrameRate } from './types.ts';

function inputOf(video: Partial<VideoStream>, index = 0): PlanInput {
  const base = { index: 0, codec: 'h264', width: 1920, height: 1080, pixelFormat: 'yuv420p', bitDepth: 8 };
  const stream = { ...plainVideo({ ...base, hasAlpha: false, frameRate: 30, durationSeconds: 60 }), ...video };
  const info: MediaInfo = {
    ...{ container: 'mov', demuxer: 'mov', durationSeconds: 60, sizeBytes: 1e7, bitRate: 5e6, streamCount: 1 },
    ...{ subtitleCount: 0, isImage: false, isAnimated: false, video: [stream], audio: [] },
  };
  return { path: `/in/${index}`, demuxer: 'mov', info };
}

/** Splits the ladder of a video with this rate. Each frame lasts 512 units. */
function split(inputs: PlanInput[], { rate, options = [] }: { rate: FrameRate; options?: object[] }) {
  const ladder = { format: 'hls' as const, rungs: 'auto' as const, segmentSeconds: 4, isEncrypted: false };
  const requested = inputs.map(() => ({ url: 'https://example.com/a.mp4', options: options as never[] }));
  const request = { inputs: requested, outputFormat: 'mp4' as const, ladder };
  const [plan] = planJob(request, inputs, { resourceClass: 'heavy', cores: 2 }).commands;
  const output = plan!.outputs[0]!;
  if (!('tree' in output)) throw new Error('the output is no ladder');
  const frames = { times: Float64Array.from({ length: 1800 }, (_, frame) => frame * 512), timescale: 15_360 };
  return splitLadder(plan!, output.tree.make as LadderRecipe, { frames, rate });
}

const RATE = { num: 30, den: 1 };

describe('a piece of a ladder', () => {
  it('decodes from the key frame before its first frame, and has the key frames of the undivided ladder', () => {
    const command = split([inputOf({})], { rate: RATE });
    if (typeof command === 'string') throw new Error(command);
    const args = command.piece({ first: 960, frames: 840, segment: 8, key: 900 });
    const line = args.join(' ');
    expect(line).toContain('-copyts -seek_timestamp 1 -noaccurate_seek -ss 30.001000 -itsoffset -32.000000 -f mov');
    expect(line.match(/-filter:v:0 fps=30\/1:start_time=0/g)).toHaveLength(4);
    expect(line.match(/expr:gte\(\(t\+960\*1\/30\)\*2\+1e-7,\(n_forced\+16\)\*4\)/g)).toHaveLength(4);
    expect(line.match(/-frames:v 840 -f mp4 \/out\/ladder-1-/g)).toHaveLength(4);
    expect(command.audio).toBeNull();
  });

  it.each<[string, PlanInput[], { rate?: FrameRate; options?: object[] }, RegExp]>([
    ['a frame rate above 60', [inputOf({ frameRate: 120 })], { rate: { num: 120, den: 1 } }, /another frame rate/],
    [
      'a declared rate that differs from the rate of the frames',
      [inputOf({ frameRate: 29.5 })],
      {},
      /another frame rate/,
    ],
    ['two inputs', [inputOf({}), inputOf({}, 1)], {}, /several inputs/],
    ['interlaced video', [inputOf({ isInterlaced: true })], {}, /pieces/],
    ['a trimmed input', [inputOf({})], { options: [{ option: '-t', argument: '20' }] }, /option -t of the input/],
  ])('is not made for a job with %s', (_, inputs, { rate = RATE, options = [] }, reason) => {
    expect(split(inputs, { rate, options })).toMatch(reason);
  });

  it('may be tone-mapped, because the filters depend on only one picture', () => {
    const hdr = { bitDepth: 10, pixelFormat: 'yuv420p10le', isHdr: true, colorTransfer: 'smpte2084' };
    expect(split([inputOf(hdr)], { rate: RATE })).toBeTypeOf('object');
  });
});

describe('the pieces of a ladder', () => {
  const listOf = (count: number, gop: number) => ({
    times: new Float64Array(count),
    keys: Uint32Array.from({ length: Math.ceil(count / gop) }, (_, index) => index * gop),
  });
  const cut = (count: number, gop: number, rate = RATE, slots = 2) =>
    cutLadder(listOf(count, gop), { rate, segmentSeconds: 4, slots, least: 30 });

  it('begin where segments begin, at most a segment away from equal parts', () => {
    const pieces = cut(3600, 75)!;
    expect(pieces).toEqual([
      { first: 0, segment: 0, key: 0, frames: 1800 },
      { first: 1800, segment: 15, key: 1800, frames: 1800 },
    ]);
    expect(cut(3000, 75)).toEqual([
      { first: 0, segment: 0, key: 0, frames: 1560 },
      { first: 1560, segment: 13, key: 1500, frames: 1440 },
    ]);
  });

  it('begin with the first frame at or after the start of a segment if the frame rate is not an integer', () => {
    const [, second] = cut(3400, 75, { num: 30_000, den: 1001 })!;
    expect(second).toMatchObject({ segment: 14, first: Math.ceil((56 * 30_000) / 1001), key: 1650 });
  });

  it.each([
    ['that is too short', 1500, 75, 2],
    ['without key frames', 3600, 3600, 2],
    ['for one slot', 3600, 75, 1],
  ])('are not made of a video %s', (_, count, gop, slots) => {
    expect(cut(count, gop, RATE, slots)).toBeNull();
  });
});
