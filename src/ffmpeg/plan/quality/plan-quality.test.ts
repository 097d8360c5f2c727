import { describe, expect, it } from 'vitest';
import type { TranscodeRequest } from '../../../contract/transcode-request.ts';
import type { Plan, PlanInput, PlannedFile, QualityPlan } from '../../types.ts';
import { planTranscode } from '../plan.ts';
import { plainVideo } from '../streams.ts';
import { correctTargets, warnOfMissed } from './check-targets.ts';
import { measureArgs, sampleArgs } from './compare-args.ts';
import { withCrf } from './with-crf.ts';

function inputOf(changes: Partial<Parameters<typeof plainVideo>[0]> = {}): PlanInput {
  const size = { width: 1920, height: 1080, displayWidth: 1920, displayHeight: 1080 };
  const depth = { pixelFormat: 'yuv420p', bitDepth: 8, hasAlpha: false };
  const colors = { colorSpace: 'bt709', colorPrimaries: 'bt709', colorTransfer: 'bt709' };
  const stream = {
    index: 0,
    codec: 'h264',
    ...size,
    ...depth,
    ...colors,
    frameRate: 25,
    durationSeconds: 100,
    ...changes,
  };
  const shared = { container: 'mov', demuxer: 'mov', durationSeconds: 100, sizeBytes: 1e7, bitRate: 8e5 };
  return {
    path: '/in/0',
    demuxer: 'mov',
    info: {
      ...{ ...shared, streamCount: 1, subtitleCount: 0, isImage: false, isAnimated: false, audio: [] },
      video: [plainVideo(stream)],
    },
  };
}

const TARGET = { metric: 'ssim' as const, atLeast: 0.98, maxBitRate: null };

function planOf(fields: Partial<TranscodeRequest>, input = inputOf()): { plan: Plan; output: PlannedFile } {
  const request = { inputs: [{ url: 'https://example.org/a' }], outputFormat: 'mp4' as const, ...fields };
  const plan = planTranscode(request, [input], { resourceClass: 'heavy', cores: 2 });
  return { plan, output: plan.outputs[0] as PlannedFile };
}

const argumentOf = (args: readonly string[], option: string) => args[args.lastIndexOf(option) + 1];
const FILE = { path: '/in/result', demuxer: 'mov', width: 1280, height: 720 };

describe('a plan with a target', () => {
  it('begins at the quality high, without the limit of the source’s bit rate', () => {
    const { plan, output } = planOf({ target: TARGET });
    expect(argumentOf(plan.args, '-crf:v')).toBe('18');
    expect(plan.args).not.toContain('-maxrate:v');
    expect(output.quality?.target?.encoderArgs).toEqual([
      ...['-c:v', 'libx264', '-preset:v', 'faster', '-crf:v', '18'],
      ...['-force_key_frames:v', 'expr:isnan(prev_forced_t)+gte(t-prev_forced_t,4.9)'],
    ]);
  });

  it('has the maximum bit rate of the request', () => {
    const { plan } = planOf({ target: { ...TARGET, maxBitRate: 2_000_000 } });
    expect(Number(argumentOf(plan.args, '-maxrate:v'))).toBeLessThanOrEqual(2_000_000);
  });

  it('encodes samples with the encoder options of the request', () => {
    const options = [
      { option: '-preset', argument: 'slow' },
      { option: '-g', argument: '50' },
      { option: '-b:a', argument: '96k' },
      { option: '-movflags', argument: 'faststart' },
    ];
    const { output } = planOf({ target: TARGET, options });
    const { source, target } = output.quality as QualityPlan;
    const sample = { at: 12, frames: 24, fromKey: true };
    const args = sampleArgs(source, target!, sample, [20, 26]);
    expect(args.slice(args.indexOf('-noaccurate_seek'), args.indexOf('-f'))).toEqual(['-noaccurate_seek', '-ss', '12']);
    expect(args.filter((_, index) => args[index - 1] === '-crf:v')).toEqual(['20', '26']);
    expect(args.filter((arg) => arg === 'slow')).toHaveLength(2);
    expect(args.join(' ')).not.toMatch(/96k|faststart/);
    expect(args.filter((_, index) => args[index - 1] === '-dec')).toEqual(['0:0', '1:0']);
  });

  it('gets the CRF that was found, and a lower CRF if the output misses the target', () => {
    const { plan, output } = planOf({ target: TARGET });
    const found = withCrf(plan, new Map([[output.path, 23.5]]));
    expect(argumentOf(found.args, '-crf:v')).toBe('23.5');
    const measured = (mean: number, size = 1e6) =>
      new Map([[0, { size, figures: [{ metric: 'ssim' as const, mean, p1: mean }] }]]);
    expect(correctTargets(found, measured(0.981), new Map())).toBeNull();
    expect(warnOfMissed(found, measured(0.981))).toEqual([]);
    const better = correctTargets(found, measured(0.975), new Map())!;
    expect(Number(argumentOf(better.args, '-crf:v'))).toBeLessThan(22);
    expect(warnOfMissed(found, measured(0.975))[0]?.message).toContain('did not reach ssim 0.98');
  });

  it('keeps its CRF if the output uses its maximum bit rate', () => {
    const { plan } = planOf({ target: { ...TARGET, maxBitRate: 80_000 } });
    const figures = new Map([[0, { size: 1e6, figures: [{ metric: 'ssim' as const, mean: 0.9, p1: 0.8 }] }]]);
    expect(correctTargets(plan, figures, new Map())).toBeNull();
    expect(warnOfMissed(plan, figures)[0]?.message).toContain('below max_bitrate');
  });
});

describe('a comparison', () => {
  it('scales the source, as the encoder gets it, to the size of the output', () => {
    const { output } = planOf({ preset: { resolution: '720p' }, measure: ['ssim', 'psnr'] });
    const args = measureArgs(output.quality!, FILE);
    const graph = argumentOf(args, '-filter_complex')!;
    expect(graph).toContain('[1:0]scale=1280:720');
    expect(graph).toContain('ssim=stats_file=/out/ssim-0.txt');
    expect(graph).toContain('psnr=stats_file=/out/psnr-0.txt');
    expect(args.filter((arg) => arg === '-i')).toHaveLength(2);
  });

  it('opens the source at the start of the output', () => {
    const { output } = planOf({ options: [{ option: '-ss', argument: '5' }], measure: ['ssim'] });
    expect(output.quality?.source).toMatchObject({ from: 5, inputArgs: expect.arrayContaining(['-ss', '5']) });
  });

  it('keeps a depth of ten bits', () => {
    const deep = inputOf({ pixelFormat: 'yuv420p10le', bitDepth: 10 });
    const { output } = planOf({ options: [{ option: '-c:v', argument: 'libx265' }], measure: ['ssim'] }, deep);
    expect(output.quality?.source.pixelFormat).toBe('yuv420p10le');
  });

  it.each<[string, Partial<TranscodeRequest>]>([
    ['a graph', { filters: [{ filter: '[0:v]hflip' }] }],
    ['an overlay', { options: [{ option: '@text-overlay', argument: { text: 'Hello' } }] }],
    ['another frame rate', { options: [{ option: '-r', argument: '10' }] }],
    ['chosen streams', { options: [{ option: '-map', argument: '0:v' }] }],
  ])('is not made for an output with %s, which gets a warning', (_, fields) => {
    const { plan, output } = planOf({ ...fields, measure: ['ssim'] });
    expect(output.quality).toBeUndefined();
    expect(plan.warnings.filter(({ field }) => field === 'measure')).toHaveLength(1);
  });
});
