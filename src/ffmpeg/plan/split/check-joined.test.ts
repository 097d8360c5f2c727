import { describe, expect, it } from 'vitest';
import type { StreamPackets } from '../../types.ts';
import { joinedFault } from './check-joined.ts';
import { keptTimes } from './frame-rate.ts';
import type { FrameList } from './types.ts';

const RATE = { num: 25, den: 1 };
const PIECES = [
  { first: 0, frames: 150 },
  { first: 150, frames: 200 },
];

function frames(count: number, change: Partial<FrameList> = {}): FrameList {
  return {
    timescale: 12_800,
    times: Float64Array.from({ length: count }, (_, frame) => frame * 512),
    keys: Uint32Array.from([0, 150]),
    ...{ startSeconds: 0, isFullyPresented: true, bytes: 100_000, description: 'a' },
    ...change,
  };
}
const AUDIO: StreamPackets = {
  ...{ index: 0, codec: 'aac', count: 600, bytes: 90_000, seconds: 14, startSeconds: 0, isFullyPresented: true },
  ...{ isOrdered: true, isPlain: true, startsWithKey: true, keyDistance: { packets: 1, seconds: 0.02 }, h264: null },
};
const VIDEO = { ...AUDIO, codec: 'h264' };

function fault(
  change: {
    output?: FrameList | null;
    pieces?: (FrameList | null)[];
    packets?: StreamPackets[] | null;
    cap?: { rate: number; buffer: number };
  } = {},
) {
  const { output = frames(350), pieces = [frames(150), frames(200)], packets = [VIDEO, AUDIO], cap = null } = change;
  return joinedFault({ frames: output, packets }, { pieces, audio: AUDIO }, { rate: RATE, pieces: PIECES, cap });
}
const moved = (index: number, by: number) =>
  frames(350).times.map((time, frame) => (frame === index ? time + by : time));

describe('an output that was joined from pieces', () => {
  it('is accepted if it has every frame at its time and the encoded audio', () => {
    expect(fault()).toBeNull();
    expect(fault({ packets: [VIDEO, { ...AUDIO, seconds: 14.0005 }] })).toBeNull();
    expect(fault({ cap: { rate: 50_000, buffer: 100_000 } })).toBeNull();
  });

  it.each([
    ['a frame is missing', { output: frames(349) }],
    ['a frame occurs twice', { output: frames(351) }],
    ['a frame is a tick late', { output: frames(350, { times: moved(200, 1) }) }],
    ['it begins late', { output: frames(350, { startSeconds: 0.04 }) }],
    ['a part is hidden', { output: frames(350, { isFullyPresented: false }) }],
    ['a piece does not begin with a key frame', { output: frames(350, { keys: Uint32Array.from([0]) }) }],
    ['it cannot be read', { output: null }],
    ['a piece lacks a frame', { pieces: [frames(149), frames(200)] }],
    ['a piece cannot be read', { pieces: [frames(150), null] }],
    ['a piece needs another decoder', { pieces: [frames(150), frames(200, { description: 'b' })] }],
    ['the audio lacks a packet', { packets: [VIDEO, { ...AUDIO, count: 599 }] }],
    ['the audio has other bytes', { packets: [VIDEO, { ...AUDIO, bytes: 1 }] }],
    ['the audio begins later', { packets: [VIDEO, { ...AUDIO, startSeconds: 0.02 }] }],
    ['the audio is shorter', { packets: [VIDEO, { ...AUDIO, seconds: 13.9 }] }],
    ['the audio is missing', { packets: [VIDEO] }],
    ['the packets are not known', { packets: null }],
    ['it is larger than the cap allows', { cap: { rate: 40_000, buffer: 80_000 } }],
  ])('is rejected if %s', (_, change) => {
    expect(fault(change)).toMatch(/^has |^does |^presents /);
  });
});

describe('an output whose frames keep the times of the source', () => {
  const SOURCE = { timescale: 600, times: Float64Array.from({ length: 350 }, (_, frame) => frame * 24 + (frame % 3)) };
  const EXPECTED = { rate: RATE, times: keptTimes(SOURCE, PIECES), pieces: PIECES, cap: null };
  const made = frames(350, { timescale: 19_200, times: SOURCE.times.map((time) => time * 32) });
  const parts = { pieces: [frames(150), frames(200)], audio: AUDIO };
  const packets = [VIDEO, AUDIO];

  it('is accepted if its times are a multiple of the times of the source', () => {
    expect(joinedFault({ frames: made, packets }, parts, EXPECTED)).toBeNull();
  });

  it('is rejected if a frame is a tick late', () => {
    const times = made.times.map((time, frame) => (frame === 200 ? time + 1 : time));
    const late = { ...made, times };
    expect(joinedFault({ frames: late, packets }, parts, EXPECTED)).toBe('presents frames at other times');
  });
});
