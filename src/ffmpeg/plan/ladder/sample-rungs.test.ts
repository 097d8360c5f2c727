import { describe, expect, it } from 'vitest';
import type { PlanInput, PlannedTree, RungRate, RungSampling } from '../../types.ts';
import { planJob } from '../plan.ts';
import { plainVideo } from '../streams.ts';
import { chooseRungs } from './rungs.ts';
import { rungRates, rungSampleArgs, rungSampleTimes } from './sample-rungs.ts';

const SIZE = { width: 1920, height: 1080 };

/** Returns the rates of the rungs of `auto`. `kilobits` = kilobits per second of each rung. */
function ratesOf(kilobits: readonly number[]): RungRate[] {
  return [1080, 720, 540, 360].map((height, index) => ({
    height,
    mean: kilobits[index]! * 1e3,
    most: kilobits[index]! * 1e3,
  }));
}

function heightsOf(rates: readonly RungRate[]): number[] {
  const ladder = { format: 'cmaf' as const, rungs: 'auto' as const, segmentSeconds: 4, isEncrypted: false };
  return chooseRungs(ladder, SIZE, 25, rates).rungs.map(({ size }) => size.height);
}

describe('the rungs of auto', () => {
  it('are all rungs of the table for a hard source, and without samples', () => {
    expect(heightsOf(ratesOf([6000, 3000, 1700, 800]))).toEqual([1080, 720, 540, 360]);
    expect(heightsOf([])).toEqual([1080, 720, 540, 360]);
  });

  it('end at the first rung that every network can play', () => {
    expect(heightsOf(ratesOf([400, 250, 160, 90]))).toEqual([1080]);
    expect(heightsOf(ratesOf([1300, 700, 420, 240]))).toEqual([1080, 720]);
  });

  it('exclude rungs that save little', () => {
    expect(heightsOf(ratesOf([3000, 2400, 1500, 950]))).toEqual([1080, 540]);
  });

  it('have a maximum bit rate that fits the samples, between half of the usual rate and the usual rate', () => {
    const ladder = { format: 'cmaf' as const, rungs: 'auto' as const, segmentSeconds: 4, isEncrypted: false };
    const highest = (kilobits: number) =>
      chooseRungs(ladder, SIZE, 25, ratesOf([kilobits, 1, 1, 1])).rungs[0]!.maxBitRate;
    expect(highest(100)).toBe(3_900_000);
    expect(highest(2000)).toBe(6_000_000);
    expect(highest(9000)).toBe(7_800_000);
  });
});

describe('the samples of a ladder', () => {
  function samplingOf(seconds: number, rungs: 'auto' | { height: number }[] = 'auto'): RungSampling | undefined {
    const depth = { pixelFormat: 'yuv420p', bitDepth: 8, hasAlpha: false };
    const stream = plainVideo({ index: 0, codec: 'h264', ...SIZE, ...depth, frameRate: 25, durationSeconds: seconds });
    const shared = { container: 'mov', demuxer: 'mov', durationSeconds: seconds, sizeBytes: 1e7, bitRate: 8e5 };
    const info = { ...shared, streamCount: 1, subtitleCount: 0, isImage: false, isAnimated: false, audio: [] };
    const input: PlanInput = { path: '/in/0', demuxer: 'mov', info: { ...info, video: [stream] } };
    const ladder = { format: 'hls' as const, rungs, segmentSeconds: 4, isEncrypted: false };
    const request = { inputs: [{ url: 'https://example.org/a' }], outputFormat: 'mp4' as const, ladder };
    const { commands } = planJob(request, [input], { resourceClass: 'heavy', cores: 2 });
    return (commands[0]!.outputs[0] as PlannedTree).sampling;
  }

  it('are two seconds long, take at most 4% of the source, and are spread over the source', () => {
    expect(rungSampleTimes(samplingOf(100)!)).toEqual([25, 75]);
    expect(rungSampleTimes(samplingOf(10_000)!)).toHaveLength(12);
  });

  it('are not taken from a short source, or for a ladder whose rungs the request names', () => {
    expect(samplingOf(49)).toBeUndefined();
    expect(samplingOf(100, [{ height: 720 }])).toBeUndefined();
  });

  it('are encoded once per rung from one decode', () => {
    const args = rungSampleArgs(samplingOf(100)!, 25);
    expect(args.filter((arg) => arg === '-i')).toHaveLength(1);
    expect(args.filter((arg) => arg.startsWith('/out/'))).toEqual(
      [1080, 720, 540, 360].map((height) => `/out/rung-${height}.mkv`),
    );
  });

  it('give the mean and the highest rate of each rung', () => {
    const samples = [50_000, 150_000].map((bytes) => new Map([[720, bytes]]));
    expect(rungRates(samples)).toEqual([{ height: 720, mean: 400_000, most: 600_000 }]);
  });
});
