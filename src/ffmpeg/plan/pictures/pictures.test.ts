import { describe, expect, it } from 'vitest';
import { fileOf } from '../../../../testkit/planned-file.ts';
import { JobFailure } from '../../../contract/failures.ts';
import type { TranscodeRequest } from '../../../contract/transcode-request.ts';
import { checkOptions } from '../../policy/options/parse-request.ts';
import type { MediaInfo, PictureTime, Plan } from '../../types.ts';
import { type AssumedKind, assumedInfo } from '../assumed-media.ts';
import { planTranscode } from '../plan.ts';

const HOUR = 3600;

function infoOf(kind: AssumedKind, change: Partial<MediaInfo> = {}): MediaInfo {
  const info = { ...assumedInfo(kind), ...change };
  const { durationSeconds } = info;
  return {
    ...info,
    video: info.video.map((stream) => ({ ...stream, durationSeconds })),
    audio: info.audio.map((stream) => ({ ...stream, durationSeconds })),
  };
}

function plan(output: Omit<TranscodeRequest, 'inputs'>, info = infoOf('mov'), best: PictureTime | null = null) {
  const request = { inputs: [{ url: 'gs://b/a' }], ...output };
  return planTranscode(request, [{ path: '/in/0', demuxer: info.demuxer, info }], {
    resourceClass: 'light',
    cores: 2,
    best,
  });
}

function failureOf(output: Omit<TranscodeRequest, 'inputs'>, info: MediaInfo): string {
  try {
    plan(output, info);
    return 'none';
  } catch (error) {
    if (!(error instanceof JobFailure)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

const STILL = { outputFormat: 'jpg', still: { at: 10 } } as const;
const PREVIEW = { outputFormat: 'gif', preview: { seconds: 4 } } as const;
const WAVEFORM = { outputFormat: 'png', waveform: { width: 800, height: 200 } } as const;

describe('a still, preview or waveform', () => {
  it.each([
    ['still', { ...STILL, outputFormat: 'mp4' }, 'A mp4 cannot contain a still.'],
    ['still', { ...STILL, outputFormat: 'gif' }, 'A gif cannot contain a still.'],
    ['preview', { ...PREVIEW, outputFormat: 'png' }, 'A png cannot contain a preview.'],
    ['waveform', { ...WAVEFORM, outputFormat: 'jpg' }, 'A jpg cannot contain a waveform.'],
    ['preset', { ...STILL, preset: { quality: 'high' } }, 'still cannot be combined with preset.'],
    ['options', { ...PREVIEW, options: [{ option: '-r', argument: 5 }] }, 'preview cannot be combined with options.'],
    ['filters', { ...STILL, filters: [{ filter: '[0:v]hflip' }] }, 'still cannot be combined with filters.'],
    ['waveform', { ...WAVEFORM, still: { at: 1 } }, 'An output cannot have both still and waveform.'],
  ] as const)(
    'is rejected with an error for the field %s if its fields contradict each other',
    (field, output, reason) => {
      const rejections = checkOptions({ inputs: [{ url: 'gs://b/a' }], ...output } as unknown as TranscodeRequest);
      expect(rejections.map((rejection) => [rejection.field, rejection.reason])).toContainEqual([field, reason]);
    },
  );

  it('is rejected if its input has options', () => {
    const inputs = [{ url: 'gs://b/a', options: [{ option: '-ss', argument: 5 }] }];
    expect(checkOptions({ inputs, ...STILL })).toMatchObject([{ field: 'still' }]);
  });

  it('fails if the input has no video or no audio to show', () => {
    const sound = infoOf('mp3');
    const picture = infoOf('png_pipe');
    expect(failureOf(STILL, sound)).toBe('no_video_stream: The input has no video, and jpg needs it.');
    expect(failureOf(PREVIEW, sound)).toBe('no_video_stream: The input has no video, and a preview needs video.');
    expect(failureOf(PREVIEW, picture)).toBe('no_video_stream: The input is a picture, and a preview needs video.');
    const silent = infoOf('mov', { audio: [] });
    expect(failureOf(WAVEFORM, silent)).toBe('no_audio_stream: The input has no audio, and a waveform needs it.');
  });

  it('fails if it needs a duration and the duration is unknown', () => {
    const live = infoOf('mov', { durationSeconds: null });
    expect(failureOf({ outputFormat: 'jpg', still: { at: '50%' } }, live)).toMatch(/^unsupported_media: .*50%/);
    expect(failureOf(PREVIEW, live)).toMatch(/^unsupported_media: .*duration/);
    expect(failureOf(STILL, live)).toBe('none');
  });

  it('seeks in a video of twelve hours, and reads all of its audio in bounded memory', () => {
    const long = infoOf('mov', { durationSeconds: 12 * HOUR });
    const { args, outputs } = plan({ outputFormat: 'webp', still: { at: '50%', width: 320 } }, long);
    expect(args.slice(args.indexOf('-noaccurate_seek'), args.indexOf('-noaccurate_seek') + 3)).toEqual([
      ...['-noaccurate_seek', '-ss', '21600'],
    ]);
    expect(outputs[0]).toMatchObject({ picture: { seconds: 6 * HOUR, isKey: false }, expect: { width: 320 } });
    expect(plan(WAVEFORM, long).args.join(' ')).toContain('aeval=abs(val(0)):c=same,aresample=370,');
    expect(plan(WAVEFORM, long).memoryBytes).toBeLessThan(300e6);
    expect(plan(PREVIEW, long).args.filter((arg) => arg === '-ss')).toHaveLength(4);
  });

  it('shows the key frame that scored best', () => {
    const output = { outputFormat: 'jpg', still: { at: 'best' } } as const;
    const { args, outputs } = plan(output, infoOf('mov'), { seconds: 33.5, isKey: true });
    expect(args.join(' ')).toContain('-noaccurate_seek -skip_frame nokey -ss 33.5');
    expect(fileOf(outputs[0]).picture).toEqual({ seconds: 33.5, isKey: true });
  });

  it('of the format webp keeps a key frame that is before the seek', () => {
    const output = { outputFormat: 'webp', still: { at: 'best' } } as const;
    const { args } = plan(output, infoOf('mov'), { seconds: 33.5, isKey: true });
    expect(args.join(' ')).toContain('-fps_mode passthrough');
  });
});

describe('thumbnails and sprites', () => {
  const tiles = (format: 'thumbnails' | 'sprite', more: object) => ({
    ...{ outputFormat: 'jpg' as const, tiles: { format, ...more } },
  });
  const treeOf = ({ outputs }: Pick<Plan, 'outputs'>) => {
    const [output] = outputs;
    if (!output || !('tree' in output)) throw new Error('the output is a file');
    if (output.tree.make.kind !== 'directory') throw new Error('the output is no directory');
    return { ...output.tree, make: output.tree.make };
  };
  const cuesOf = (planned: Pick<Plan, 'outputs'>) => treeOf(planned).make.added![0]!.text.split('\n\n').slice(1);

  it('have a picture for each interval, and at most 2,000 pictures', () => {
    expect(treeOf(plan(tiles('thumbnails', { everySeconds: 7 }))).maxFiles).toBe(9);
    expect(treeOf(plan(tiles('thumbnails', { count: 5 }))).maxFiles).toBe(5);
    const long = plan(tiles('thumbnails', { everySeconds: 1 }), infoOf('mov', { durationSeconds: 12 * HOUR }));
    expect(treeOf(long).maxFiles).toBe(2000);
    const message = 'One picture every 1 s would be more than 2000 pictures. Airlock made one every 21.6 s.';
    expect(long.warnings).toEqual([{ field: 'every_seconds', message }]);
  });

  it('of the format sprite are split into sheets of at most 16 megapixels, and list the times of their pictures', () => {
    const hour = infoOf('mov', { durationSeconds: HOUR });
    const planned = plan(tiles('sprite', { everySeconds: 10, width: 160 }), hour);
    expect(treeOf(planned)).toMatchObject({ maxFiles: 5, make: { count: 4, expect: { width: 1600, height: 900 } } });
    const cues = cuesOf(planned);
    expect(cues).toHaveLength(360);
    expect(cues[0]!.trim()).toBe('00:00:00.000 --> 00:00:10.000\nsprite-1.jpg#xywh=0,0,160,90');
    expect(cues[111]!.trim()).toBe('00:18:30.000 --> 00:18:40.000\nsprite-2.jpg#xywh=160,90,160,90');
    const large = plan(tiles('sprite', { everySeconds: 10, width: 1920, columns: 100 }), hour);
    expect(treeOf(large).make.expect).toMatchObject({ width: 7680, height: 1080 });
  });

  it('are made only from key frames, to which FFmpeg seeks, if each interval has a key frame', () => {
    const dense = plan(tiles('sprite', { everySeconds: 10 }));
    expect(dense.args.join(' ')).toContain('-skip_frame nokey');
    expect(dense.keyTimes).toEqual([5, 15, 25, 35, 45, 55]);
    const sparse = plan(tiles('sprite', { everySeconds: 2 }));
    expect([sparse.args.includes('-skip_frame'), sparse.keyTimes]).toEqual([false, undefined]);
  });

  it('fail for audio, for pictures, and if the duration is unknown', () => {
    const output = tiles('thumbnails', { count: 5 });
    expect(failureOf(output, infoOf('mp3'))).toBe(
      'no_video_stream: The input has no video, and the format thumbnails needs video.',
    );
    expect(failureOf(output, infoOf('png_pipe'))).toMatch(/^no_video_stream: The input is a picture/);
    expect(failureOf(output, infoOf('mov', { durationSeconds: null }))).toMatch(/^unsupported_media: .*duration/);
  });

  it('are rejected together with a preset', () => {
    const output = { ...tiles('sprite', { everySeconds: 5 }), preset: { resolution: '720p' as const } };
    expect(checkOptions({ inputs: [{ url: 'gs://b/a' }], ...output })).toMatchObject([{ field: 'preset' }]);
  });
});
