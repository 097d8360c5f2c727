import { describe, expect, it } from 'vitest';
import type { TranscodeRequest } from '../../../contract/transcode-request.ts';
import type { MediaInfo } from '../../types.ts';
import { planTranscode } from '../plan.ts';
import { averageRate, constantRate, keptTimes, secondsOf } from './frame-rate.ts';
import { withThreads } from './read-arguments.ts';
import { splitCommand } from './split-command.ts';

const INFO: MediaInfo = {
  ...{ container: 'mov', demuxer: 'mov', durationSeconds: 60, sizeBytes: 4e7, bitRate: 5e6, streamCount: 2 },
  video: [
    {
      ...{ index: 0, codec: 'h264', profile: 'High', width: 1920, height: 1080, rotation: 0, sampleAspectRatio: 1 },
      ...{ displayWidth: 1920, displayHeight: 1080, pixelFormat: 'yuv420p', bitDepth: 8, hasAlpha: false },
      ...{ frameRate: 30, colorTransfer: null, colorPrimaries: null, colorSpace: null, colorRange: null },
      ...{ isHdr: false, isAttachedPicture: false, bitRate: 5e6, frames: 1800, isInterlaced: false },
      ...{ isDefault: true, durationSeconds: 60 },
    },
  ],
  audio: [
    {
      ...{ index: 1, codec: 'aac', profile: 'LC', channels: 2, sampleRate: 48_000, bitRate: 128_000, bitDepth: null },
      ...{ isDefault: true, language: 'eng', durationSeconds: 60 },
    },
  ],
  ...{ subtitleCount: 0, isImage: false, isAnimated: false },
};
const RATE = { num: 30, den: 1 };
const KEY_FRAME = { time: 92_160, timescale: 15_360, rate: RATE };

function split(request: Partial<TranscodeRequest>, info = INFO) {
  const complete = { inputs: [{ url: 'https://example.com/a.mp4' }], outputFormat: 'mp4' as const, ...request };
  const files = [{ path: '/in/0', demuxer: 'mov', info }];
  const plan = planTranscode(complete, files, { resourceClass: 'heavy', cores: 4 });
  return splitCommand(
    plan,
    (complete.options ?? []).map(({ option }) => option),
  );
}
const options = (...pairs: [string, string?][]) => ({
  options: pairs.map(([option, argument]) => ({ option, ...(argument !== undefined && { argument }) })),
});

describe('the command of a video that is encoded in pieces', () => {
  it('becomes one command for each piece, one for the audio, and one that joins them', () => {
    const command = split({ preset: { quality: 'medium', resolution: '720p' } });
    if (typeof command === 'string') throw new Error(command);
    const piece = command.piece({ first: 180, frames: 300 }, KEY_FRAME).join(' ');
    expect(piece).toContain('-noaccurate_seek -ss 6.001000 -itsoffset -6.000000 -f mov');
    expect(piece).toContain('-map 0:0 -an -c:v libx264 -preset:v faster -crf:v 23');
    expect(piece).toContain('-force_key_frames:v expr:isnan(prev_forced_t)+gte(t-prev_forced_t,4.9) ');
    expect(piece).toContain('-frames:v 300 -fps_mode passthrough -enc_time_base 1/30');
    const constant = { ...INFO, video: [{ ...INFO.video[0]!, nominalRate: 30, hasConstantRate: true }] };
    const counted = split({ preset: { quality: 'medium' } }, constant);
    if (typeof counted === 'string') throw new Error(counted);
    expect(counted.piece({ first: 180, frames: 300 }, KEY_FRAME).join(' ')).toContain('-g:v 150 ');
    expect(command.audio!.join(' ')).toContain('-map 0:1 -vn -c:a aac -b:a 128000');
    expect(command.audio!.join(' ')).not.toContain('libx264');
    expect(command.join.join(' ')).toContain('-i /in/audio -map 0:v:0 -map 1:a:0 -c copy -movflags +faststart');
    expect(command.join.join(' ')).toContain('-metadata:s:a:0 language=eng');
    expect(command.cap).toEqual({ rate: expect.any(Number), buffer: expect.any(Number) });
    expect(withThreads(command.audio!, 3).join(' ')).toMatch(
      /^-filter_threads 3 .* -threads 3 -i .* -threads 3 -f mp4 /,
    );
  });

  it('keeps the times of a source without a constant rate', () => {
    const uneven = {
      ...INFO,
      video: INFO.video.map((video) => ({ ...video, nominalRate: 30, hasConstantRate: false })),
    };
    for (const outputFormat of ['mp4', 'mov'] as const) {
      const command = split({ outputFormat, preset: { quality: 'medium' } }, uneven);
      if (typeof command === 'string') throw new Error(command);
      expect(command.keepsTimes).toBe(true);
      const piece = command.piece({ first: 180, frames: 300 }, KEY_FRAME).join(' ');
      expect(piece).toContain('-frames:v 300 -fps_mode passthrough -enc_time_base filter');
      expect(piece).not.toContain('1/30');
    }
    expect(split({ preset: { quality: 'medium' } })).toMatchObject({ keepsTimes: false });
  });

  it('is split if its options have the same meaning for a piece', () => {
    for (const request of [
      options(['-crf', '20'], ['-preset', 'fast'], ['-vf', 'hflip,scale=640:-2']),
      options(['-c:v', 'libx265'], ['-crf', '28'], ['-pix_fmt', 'yuv420p10le']),
      options(['-c:v', 'libvpx-vp9'], ['-crf', '30']),
      options(['-crf', '20'], ['-an']),
      options(['-crf', '20'], ['-af', 'loudnorm'], ['-ar', '48000']),
    ]) {
      expect(split(request)).toBeTypeOf('object');
    }
  });

  it.each([
    [options(['-b:v', '2M'])],
    [options(['-crf', '20'], ['-maxrate', '2M'], ['-bufsize', '4M'])],
    [options(['-crf', '20'], ['-r', '24'])],
    [options(['-crf', '20'], ['-ss', '3'])],
    [options(['-crf', '20'], ['-t', '9'])],
    [options(['-crf', '20'], ['-force_key_frames', '1,2'])],
    [options(['-crf', '20'], ['-x264-params', 'keyint=30'])],
    [options(['-crf', '20'], ['-vf', 'fps=10'])],
    [options(['-crf', '20'], ['-vf', 'fade=in:0:30'])],
    [options(['-crf', '20'], ['-vf', 'yadif'])],
    [options(['-crf', '20'], ['-vf', 'crop=100:100:t*5:0'])],
    [options(['-crf', '20'], ['-vf', "drawbox=enable='gt(t,3)'"])],
    [options(['-crf', '20'], ['-frames:v', '30'])],
    [options(['-crf', '20'], ['-filter_complex', '[0:v]hflip[a]'], ['-map', '[a]'])],
    [options(['-c', 'copy'])],
    [options(['-c:v', 'mpeg4'], ['-q:v', '4'])],
    [{ outputFormat: 'webm' as const }],
    [{ outputFormat: 'mkv' as const }],
  ])('is not split with %j, and the reason is a sentence', (request) => {
    expect(split(request)).toMatch(/^[A-Z].*\.$/);
  });
});

describe('a constant frame rate', () => {
  const of = (timescale: number, times: number[]) => constantRate({ timescale, times: Float64Array.from(times) });
  const regular = (count: number, step: number) =>
    Array.from({ length: count }, (_, frame) => Math.round(frame * step));

  it('is found if each frame has a separate time', () => {
    expect(of(15_360, regular(100, 512))).toEqual(RATE);
    expect(of(30_000, regular(100, 1001))).toEqual({ num: 30_000, den: 1001 });
    expect(of(600, regular(1000, 20.02))).toEqual({ num: 30_000, den: 1001 });
    expect(of(1000, regular(1000, 1000 / 24))).toEqual({ num: 24, den: 1 });
    expect(
      of(
        90_000,
        regular(1000, 3000).map((time, frame) => time + (frame % 3) * 300),
      ),
    ).toEqual(RATE);
  });

  it.each([
    ['a missing frame', [0, 512, 1536, 2048]],
    ['two frames at the same time', [0, 512, 512, 1024]],
    ['a rate that changes', [0, 512, 1024, 2048, 3072]],
    ['more than 120 frames a second', [0, 100, 200, 300]],
    ['one frame', [0]],
  ])('is not found with %s', (_, times) => {
    expect(of(15_360, times)).toBeNull();
  });
});

describe('the times of a source without a constant rate', () => {
  const source = { timescale: 600, times: Float64Array.from([0, 20, 45, 300, 311, 330]) };

  it('have an average rate', () => {
    expect(averageRate(source)).toEqual({ num: 100, den: 11 });
  });

  it.each([
    ['two frames have the same time', 600, [0, 20, 20]],
    ['they are finer than the microseconds by which a piece is moved', 10_000_000, [0, 20, 45]],
    ['there is one frame', 600, [0]],
  ])('cannot be kept if %s', (_, timescale, times) => {
    expect(averageRate({ timescale, times: Float64Array.from(times) })).toBeNull();
  });

  it('determine where a piece begins and how long it lasts', () => {
    const pieces = [
      { first: 0, frames: 3 },
      { first: 3, frames: 3 },
    ];
    expect(keptTimes(source, pieces)).toMatchObject({ timescale: 600, starts: [0, 300] });
    expect(pieces.map((piece) => secondsOf(source, piece))).toEqual([0.5, 0.05]);
  });
});
