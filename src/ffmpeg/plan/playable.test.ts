import { describe, expect, it } from 'vitest';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import type { MediaInfo, PlanInput } from '../types.ts';
import { planTranscode } from './plan.ts';
import { plainVideo } from './streams.ts';

function inputOf(width: number, height: number, isImage = true): PlanInput {
  const depth = { pixelFormat: 'yuv420p', bitDepth: 8, hasAlpha: false };
  const stream = { index: 0, codec: isImage ? 'png' : 'h264', width, height, ...depth };
  const demuxer = isImage ? 'png_pipe' : 'mov';
  const durationSeconds = isImage ? null : 10;
  const info: MediaInfo = {
    ...{ container: demuxer, demuxer, durationSeconds, sizeBytes: 1e6, bitRate: null, streamCount: 1 },
    ...{ subtitleCount: 0, isImage, isAnimated: false, audio: [] },
    video: [plainVideo({ ...stream, frameRate: isImage ? null : 25, durationSeconds })],
  };
  return { path: '/in/0', demuxer, info };
}

function argsOf(inputs: readonly PlanInput[], fields: Partial<TranscodeRequest> = {}): string {
  const length = { options: [{ option: '-t', argument: '2' }] };
  const request: TranscodeRequest = {
    inputs: inputs.map(({ info }) => ({ url: 'https://example.org/a', ...(info.isImage && length) })),
    outputFormat: 'mp4',
    ...fields,
  };
  const files = inputs.map((input, index) => ({ ...input, path: `/in/${index}` }));
  const args = planTranscode(request, files, { resourceClass: 'heavy', cores: 2 }).args.join(' ');
  return args.replaceAll(/scale=w=(\d+):h=/g, 'scale=$1:');
}

describe('a video of photos', () => {
  it.each([
    [4000, 3000, '2880:2160'],
    [3000, 4000, '2160:2880'],
    [12_000, 700, '4080:238'],
  ])('of %i × %i pixels is scaled down to a size that players can play', (width, height, size) => {
    expect(argsOf([inputOf(width, height)])).toContain(`scale=${size}`);
    expect(argsOf([inputOf(width, height), inputOf(320, 240)])).toContain(`scale=${size}`);
    expect(argsOf([inputOf(width, height)], { options: [{ option: '-crf', argument: '20' }] })).toContain(
      `scale=${size}`,
    );
  });

  it('is scaled down after filters that keep its size', () => {
    expect(argsOf([inputOf(4000, 3000)], { filters: [{ filter: 'hflip' }] })).toContain('min(ih,2160)');
  });

  it('keeps a size that the caller sets', () => {
    const scaled = argsOf([inputOf(4000, 3000)], { filters: [{ filter: 'scale=3800:2850' }] });
    expect(scaled).not.toContain('2160');
    expect(argsOf([inputOf(4000, 3000)], { options: [{ option: '-s', argument: '3800x2850' }] })).not.toContain('2160');
    expect(argsOf([inputOf(4000, 3000)], { preset: { resolution: '1080p' } })).toContain('scale=1440:1080');
  });

  it('has a ladder without a rendition that is too large', () => {
    const ladder = { format: 'hls' as const, rungs: 'auto' as const, segmentSeconds: 6, isEncrypted: false };
    const args = argsOf([inputOf(4000, 3000), inputOf(4000, 3000)], { ladder });
    expect(args).toContain('scale=2880:2160');
    expect(args).not.toContain(':3000');
  });

  it('keeps the size of a photo that fits', () => {
    expect(argsOf([inputOf(1920, 1080)])).not.toMatch(/scale=(?!out|in)/);
  });
});

describe('a picture and a source video', () => {
  it('keep their size', () => {
    expect(
      argsOf([inputOf(4000, 3000)], { outputFormat: 'jpg', inputs: [{ url: 'https://example.org/a' }] }),
    ).not.toContain('2160');
    expect(argsOf([inputOf(5760, 2880, false)])).not.toMatch(/scale=(?!out|in)/);
  });
});
