import { describe, expect, it } from 'vitest';
import type { TranscodeRequest } from '../../../contract/transcode-request.ts';
import { parseRequest } from '../../policy/options/parse-request.ts';
import type { MediaInfo, VideoStream } from '../../types.ts';
import { planTranscode } from '../plan.ts';
import { plainVideo } from '../streams.ts';
import { steadyRate } from './output-rate.ts';

const PHONE = { frameRate: 29.894, nominalRate: 30, hasConstantRate: false };
const BURSTS = { frameRate: 12, nominalRate: 60, hasConstantRate: false };
const STEADY = { frameRate: 25, nominalRate: 25, hasConstantRate: true };
const UNKNOWN = { frameRate: null, nominalRate: null, hasConstantRate: false };

function infoOf(rates: Pick<VideoStream, 'frameRate' | 'nominalRate' | 'hasConstantRate'>): MediaInfo {
  const size = { width: 320, height: 180, pixelFormat: 'yuv420p', bitDepth: 8, hasAlpha: false };
  const video = { ...plainVideo({ index: 0, codec: 'h264', ...size, frameRate: null, durationSeconds: 10 }), ...rates };
  return {
    ...{ container: 'mov', demuxer: 'mov', durationSeconds: 10, sizeBytes: 1e6, bitRate: 800_000, streamCount: 1 },
    ...{ video: [video], audio: [], subtitleCount: 0, isImage: false, isAnimated: false },
  };
}

function plan(rates: Parameters<typeof infoOf>[0], request: Omit<TranscodeRequest, 'inputs'>, inputs = 1) {
  const files = Array.from({ length: inputs }, (_, index) => ({ url: `https://files.example.com/${index}` }));
  const known = files.map((_, index) => ({ path: `/in/${index}`, demuxer: 'mov', info: infoOf(rates) }));
  return planTranscode({ inputs: files, ...request }, known, { resourceClass: 'light', cores: 2 });
}

const argsOf = (...planned: Parameters<typeof plan>): string => plan(...planned).args.join(' ');

describe('the time base of the encoder', () => {
  it('is the time base of the source if the source has no constant rate', () => {
    for (const rates of [PHONE, BURSTS]) {
      for (const outputFormat of ['mp4', 'mov', 'mkv', 'webm'] as const)
        expect(argsOf(rates, { outputFormat })).toContain('-enc_time_base:v filter');
    }
  });

  it('is left to FFmpeg for a constant rate, an unknown rate, AVI and the encoder mpeg4', () => {
    const mpeg4 = [{ option: '-c:v', argument: 'mpeg4' }];
    expect(argsOf(STEADY, { outputFormat: 'mp4' })).not.toContain('time_base');
    expect(argsOf({ frameRate: 25 }, { outputFormat: 'mp4' })).not.toContain('time_base');
    expect(argsOf(PHONE, { outputFormat: 'avi' })).not.toContain('time_base');
    expect(argsOf(PHONE, { outputFormat: 'mp4', options: mpeg4 })).not.toContain('time_base');
  });

  it.each([
    ['-r', 30],
    ['-fpsmax', 30],
    ['-fps_mode', 'cfr'],
  ])(
    'is left out if the caller sets %s, because FFmpeg would repeat each frame thousands of times',
    (option, argument) => {
      for (const base of ['demux', 'filter', -1, -2]) {
        const options = [
          { option, argument },
          { option: '-enc_time_base', argument: base },
        ];
        const { args, warnings } = plan(PHONE, { outputFormat: 'mp4', options });
        expect(args.join(' ')).not.toContain('time_base');
        expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('-enc_time_base was ignored')]);
      }
    },
  );

  it('can be named by the numbers that FFmpeg accepts', () => {
    const read = (argument: number) =>
      parseRequest({ inputs: [], outputFormat: 'mp4', options: [{ option: '-enc_time_base', argument }] }).output[0]!
        .value;
    expect([read(-1), read(-2)]).toEqual(['demux', 'filter']);
  });
});

describe('a constant rate', () => {
  it('is the rate during motion for AVI, GIF, previews, joins and ladders', () => {
    const ladder = { format: 'hls' as const, rungs: [{ height: 180 }], segmentSeconds: 4, isEncrypted: false };
    expect(argsOf(BURSTS, { outputFormat: 'avi' })).toContain('fps=60');
    expect(argsOf(BURSTS, { outputFormat: 'gif' })).toContain('fps=15');
    expect(argsOf(BURSTS, { outputFormat: 'mp4', preview: { seconds: 2 } })).toContain('fps=30');
    expect(argsOf(BURSTS, { outputFormat: 'mp4' }, 2)).toContain('fps=60');
    expect(argsOf(BURSTS, { outputFormat: 'mp4', ladder: ladder as never })).toContain('fps=60:start_time=0');
    expect(argsOf(PHONE, { outputFormat: 'mp4', ladder: ladder as never })).toContain('fps=30:start_time=0');
  });

  it('is rounded to a usual rate nearby', () => {
    expect(steadyRate(29.97, { most: 60 })).toBe(30000 / 1001);
    expect(steadyRate(29.9, { most: 60 })).toBe(29.9);
    expect(steadyRate(1, { least: 5, most: 60 })).toBe(5);
    expect(steadyRate(1000, { least: 5, most: 60 })).toBe(60);
  });
});

describe('the key frames of an output', () => {
  const steady = { frameRate: 30, nominalRate: 30, hasConstantRate: true };

  it('are set by the number of frames only if the rate of the output is certain', () => {
    expect(argsOf(steady, { outputFormat: 'mp4' })).toContain('-g:v 150 ');
    expect(argsOf(PHONE, { outputFormat: 'mp4' })).toContain('-force_key_frames:v expr:');
    expect(argsOf({ frameRate: 30 }, { outputFormat: 'mp4' })).toContain('-force_key_frames:v expr:');
    expect(argsOf(PHONE, { outputFormat: 'mp4', options: [{ option: '-r', argument: 24 }] })).toContain('-g:v 120 ');
  });

  it('are set by time if options or filters may change the times of frames', () => {
    const read = (option: string, argument: string) => {
      const request = { inputs: [{ url: 'https://files.example.com', options: [{ option, argument }] }] };
      const inputs = [{ path: '/in/0', demuxer: 'mov', info: infoOf(steady) }];
      const ctx = { resourceClass: 'light', cores: 2 } as const;
      return planTranscode({ ...request, outputFormat: 'mp4' }, inputs, ctx).args.join(' ');
    };
    const filtered = (filter: string) =>
      argsOf(steady, { outputFormat: 'mp4', options: [{ option: '-vf', argument: filter }] });
    const byTime = '-force_key_frames:v expr:';
    for (const args of [read('-r', '1'), read('-itsscale', '20'), read('-skip_frame', 'nokey')])
      expect(args).toContain(byTime);
    for (const filter of ['framestep=30', 'mpdecimate', 'setpts=20*PTS']) expect(filtered(filter)).toContain(byTime);
    expect(filtered('eq=contrast=1.1')).toContain('-g:v 150 ');
    expect(filtered('fps=10')).toContain('-g:v 50 ');
  });

  it('are left to VP9 at 30 frames per second', () => {
    expect(argsOf(steady, { outputFormat: 'webm' })).not.toMatch(/ -g:v | -force_key_frames/);
    expect(argsOf(STEADY, { outputFormat: 'webm' })).toContain('-g:v 125 ');
  });
});

describe('the maximum rate', () => {
  it('is 60 for presets, and 120 for options', () => {
    const fast = (rate: number) => ({ frameRate: rate, nominalRate: rate, hasConstantRate: true });
    const options = [{ option: '-crf', argument: 30 }];
    for (const rate of [100, 240, 1000, 100_000]) {
      expect(argsOf(fast(rate), { outputFormat: 'mp4', preset: { quality: 'high' } })).toContain('-fpsmax:v 60');
      expect(argsOf(fast(rate), { outputFormat: 'mp4', options }).includes('-fpsmax:v 120')).toBe(rate > 120);
    }
    expect(argsOf(fast(60), { outputFormat: 'mp4' })).not.toContain('fpsmax');
    expect(argsOf(fast(60000 / 1001), { outputFormat: 'mp4' })).not.toContain('fpsmax');
  });

  it('applies to a video whose timestamps do not reveal its rate', () => {
    expect(argsOf(UNKNOWN, { outputFormat: 'mp4' })).toContain('-fpsmax:v 60');
  });
});
