import { describe, expect, it } from 'vitest';
import { fileOf } from '../../../../testkit/planned-file.ts';
import type { TranscodeRequest } from '../../../contract/transcode-request.ts';
import type { AudioStream, H264Packets, MediaInfo, PlanInput, StreamPackets, VideoStream } from '../../types.ts';
import { planTranscode } from '../plan.ts';
import { plainVideo } from '../streams.ts';

/** One minute of 720p at 25 frames a second, as x264 and FFmpeg's AAC write it for the web. */
const SOURCE = {
  video: {
    ...plainVideo({
      ...{ index: 0, codec: 'h264', width: 1280, height: 720, pixelFormat: 'yuv420p', bitDepth: 8, hasAlpha: false },
      ...{ frameRate: 25, durationSeconds: 60 },
    }),
    profile: 'High',
  } as VideoStream,
  audio: {
    ...{ index: 1, codec: 'aac', profile: 'LC', channels: 2, sampleRate: 48_000, bitRate: 128_000, bitDepth: null },
    ...{ isDefault: true, language: null, durationSeconds: 60 },
  } as AudioStream,
  pictures: packetsOf(0, 'h264', { count: 1500, bytes: 6_000_000 }),
  sound: packetsOf(1, 'aac', { count: 2813, bytes: 960_000 }),
  h264: { level: 31, isUniform: true, isClosed: true, supplement: 'data' } as H264Packets,
};
type Source = typeof SOURCE;

function packetsOf(index: number, codec: string, size: { count: number; bytes: number }): StreamPackets {
  return {
    ...{ index, codec, ...size, seconds: 60, startSeconds: 0, isFullyPresented: true, isOrdered: true, isPlain: true },
    ...{ startsWithKey: true, keyDistance: { packets: 250, seconds: 10 }, h264: null },
  };
}

type Changes = { [Part in keyof Source]?: Partial<Source[Part]> };

function inputOf(changes: Changes = {}): PlanInput {
  const { video, audio, pictures, sound, h264 } = Object.fromEntries(
    Object.entries(SOURCE).map(([part, value]) => [part, { ...value, ...changes[part as keyof Source] }]),
  ) as Source;
  const info: MediaInfo = {
    ...{ container: 'mov,mp4', demuxer: 'mov', durationSeconds: 60, sizeBytes: 7e6, bitRate: 930_000, streamCount: 2 },
    ...{ video: [video], audio: [audio], subtitleCount: 0, isImage: false, isAnimated: false },
  };
  return { path: '/in/0', demuxer: 'mov', info, packets: [{ ...pictures, h264 }, sound] };
}

function plan(input: PlanInput, request: Partial<TranscodeRequest> = {}) {
  const full = { inputs: [{ url: 'gs://b/a' }], outputFormat: 'mp4' as const, ...request };
  const inputs = full.inputs.map(() => input);
  const made = planTranscode(full, inputs, { resourceClass: 'light', cores: 2 });
  return { ...made, streams: made.outputs[0]!.streams };
}

const COPIED = { mode: 'copied', reason: null };
const encoded = (reason: string) => ({ mode: 'encoded', reason });

describe('a preset', () => {
  it.each(['mp4', 'mov'] as const)('copies video and audio that meet its requirements to %s', (outputFormat) => {
    const { args, streams, outputs } = plan(inputOf(), { outputFormat, preset: { quality: 'medium' } });
    expect(streams).toEqual({ video: COPIED, audio: COPIED });
    expect(args.join(' ')).toContain('-bsf:v filter_units=remove_types=6 -c:v copy -c:a copy');
    expect(args.join(' ')).not.toMatch(/-crf|-filter:|-b:a/);
    expect(fileOf(outputs[0]).expect).toMatchObject({
      width: 1280,
      height: 720,
      codecs: { video: 'h264', audio: 'aac' },
    });
  });

  it('copies the audio of a video to m4a', () => {
    expect(plan(inputOf(), { outputFormat: 'm4a' }).streams).toEqual({ video: null, audio: COPIED });
  });

  it('copies the stream that meets its requirements, and encodes the other stream', () => {
    expect(plan(inputOf({ audio: { codec: 'mp3' } })).streams.video).toEqual(COPIED);
    const scaled = plan(inputOf(), { preset: { resolution: '480p' } });
    expect(scaled.streams).toEqual({ video: encoded('The size of the video changes.'), audio: COPIED });
    expect(fileOf(scaled.outputs[0]).expect).toMatchObject({ width: 854, height: 480, codecs: { audio: 'aac' } });
  });

  it('copies a trimmed part only if the request asks for a copy, with a seek in the input', () => {
    const trim = [
      { option: '-ss', argument: '10' },
      { option: '-t', argument: '5' },
    ];
    const { args, streams } = plan(inputOf(), { options: [...trim, { option: '-c', argument: 'copy' }] });
    expect(streams).toEqual({ video: COPIED, audio: COPIED });
    expect(args.slice(0, args.indexOf('-i')).join(' ')).toContain('-ss 10');
    expect(plan(inputOf(), { options: trim }).streams.video).toMatchObject({ mode: 'encoded' });
  });

  it('copies a video that is smaller than the resolution of the preset', () => {
    expect(plan(inputOf(), { preset: { resolution: '1080p' } }).streams.video).toEqual(COPIED);
  });

  it('keeps the timing data of a stream that contains only pictures and timing data', () => {
    const { args, streams } = plan(inputOf({ h264: { supplement: 'timing' } }));
    expect(streams.video).toEqual(COPIED);
    expect(args).not.toContain('-bsf:v');
  });

  const noCopy: [string, Changes, string][] = [
    ['another codec', { video: { codec: 'hevc' } }, 'The video is not H.264.'],
    ['a codec that the container does not declare', { pictures: { codec: 'mpeg4' } }, 'The video is not H.264.'],
    ['rotation', { video: { rotation: 90 } }, 'The video is rotated.'],
    ['wide pixels', { video: { sampleAspectRatio: 4 / 3 } }, 'The video has non-square pixels.'],
    ['interlacing', { video: { isInterlaced: true } }, 'The video is interlaced.'],
    ['HDR', { video: { isHdr: true } }, 'The video is HDR.'],
    ['full range', { video: { colorRange: 'pc' } }, 'The video has the full range of values.'],
    ['4:2:2', { video: { pixelFormat: 'yuv422p' } }, 'The video has a pixel format that few players read.'],
    ['10 bits', { video: { pixelFormat: 'yuv420p10le' } }, 'The video has a pixel format that few players read.'],
    ['an odd side', { video: { width: 1279, displayWidth: 1279 } }, 'The size of the video changes.'],
    ['a rare profile', { video: { profile: 'Baseline' } }, 'The video has a profile that not all players read.'],
    ['an unknown profile', { video: { profile: null } }, 'The video has a profile that not all players read.'],
    ['too low a level', { h264: { level: 30 } }, 'The video declares a level that is too low for its size and rate.'],
    ['a high level', { h264: { level: 51 } }, 'The video declares a level that not all players read.'],
    ['240 frames a second', { pictures: { count: 14_400 } }, 'The video has too many frames a second.'],
    [
      'a high bit rate',
      { pictures: { bytes: 15_000_000 } },
      'The bit rate of the video is higher than the quality needs.',
    ],
    ['no packets', { pictures: { count: 0 } }, 'The video has no duration.'],
    [
      'unknown boxes',
      { pictures: { isPlain: false } },
      'The container describes the video in a way that a copy could lose.',
    ],
    ['an edit list', { pictures: { isFullyPresented: false } }, 'An edit list hides a part of the video.'],
    ['times out of order', { pictures: { isOrdered: false } }, 'The times of the video are not in order.'],
    ['no first key frame', { pictures: { startsWithKey: false } }, 'The video has too few key frames.'],
    [
      'rare key frames',
      { pictures: { keyDistance: { packets: 500, seconds: 20 } } },
      'The video has too few key frames.',
    ],
    [
      'changing parameters',
      { h264: { isUniform: false } },
      'The parameters of the video may change, or are not understood.',
    ],
    [
      'an open group of pictures',
      { h264: { isClosed: false } },
      'Pictures of the video refer to others before a key frame.',
    ],
    ['captions', { h264: { supplement: 'other' } }, 'The video contains captions or other data.'],
  ];
  it.each(noCopy)('encodes video with %s', (_, changes, reason) => {
    const { streams, args } = plan(inputOf(changes));
    expect(streams).toEqual({ video: encoded(reason), audio: COPIED });
    expect(args).toContain('libx264');
  });

  const noAudioCopy: [string, Changes, string][] = [
    ['another codec', { audio: { codec: 'opus' } }, 'The audio is not AAC.'],
    ['HE-AAC', { audio: { profile: 'HE-AAC' } }, 'The audio has a profile that not all players read.'],
    ['surround', { audio: { channels: 6 } }, 'The audio is neither mono nor stereo.'],
    ['96 kHz', { audio: { sampleRate: 96_000 } }, 'The audio has a rare sample rate.'],
    ['a high bit rate', { sound: { bytes: 1_900_000 } }, 'The bit rate of the audio is higher than the quality needs.'],
    [
      'a high bit rate for mono',
      { audio: { channels: 1 } },
      'The bit rate of the audio is higher than the quality needs.',
    ],
    [
      'unknown boxes',
      { sound: { isPlain: false } },
      'The container describes the audio in a way that a copy could lose.',
    ],
    ['an edit list', { sound: { isFullyPresented: false } }, 'An edit list hides a part of the audio.'],
    ['times out of order', { sound: { isOrdered: false } }, 'The times of the audio are not in order.'],
    ['no packets', { sound: { seconds: 0 } }, 'The audio has no duration.'],
  ];
  it.each(noAudioCopy)('encodes audio with %s', (_, changes, reason) => {
    expect(plan(inputOf(changes)).streams).toEqual({ video: COPIED, audio: encoded(reason) });
  });

  it('copies streams up to a bit rate that depends on the quality of the preset', () => {
    const rich = inputOf({ pictures: { bytes: 20_000_000 }, sound: { bytes: 1_500_000 } });
    const modes = (quality: 'high' | 'medium' | 'low', input: PlanInput) => {
      const { video, audio } = plan(input, { preset: { quality } }).streams;
      return [video!.mode, audio!.mode];
    };
    expect(modes('high', rich)).toEqual(['copied', 'copied']);
    expect(modes('medium', rich)).toEqual(['encoded', 'encoded']);
    expect(modes('medium', inputOf())).toEqual(['copied', 'copied']);
    expect(modes('low', inputOf())).toEqual(['encoded', 'encoded']);
  });

  it('encodes both streams if a stream does not start at zero, or if the packets are unknown', () => {
    const late = encoded('The streams of the input do not start at zero.');
    expect(plan(inputOf({ sound: { startSeconds: 0.04 } })).streams).toEqual({ video: late, audio: late });
    const unknown = encoded('The packets of this container are not known.');
    expect(plan({ ...inputOf(), packets: null }).streams).toEqual({ video: unknown, audio: unknown });
  });

  it('encodes both streams of a job that disarms its inputs', () => {
    const ctx = { resourceClass: 'light', cores: 2, disarm: true } as const;
    const request = { inputs: [{ url: 'gs://b/a' }], outputFormat: 'mp4' } as const;
    const disarmed = encoded('The job disarms its inputs.');
    expect(planTranscode({ ...request, inputs: [...request.inputs] }, [inputOf()], ctx).outputs[0]!.streams).toEqual({
      video: disarmed,
      audio: disarmed,
    });
  });

  it.each(['webm', 'mkv', 'avi', 'aac'] as const)(
    'encodes everything for %s, which stores other codecs or times',
    (outputFormat) => {
      const { video, audio } = plan(inputOf(), { outputFormat }).streams;
      expect([video?.mode ?? 'encoded', audio?.mode]).toEqual(['encoded', 'encoded']);
    },
  );
});

describe('the input of a request that is not a plain preset', () => {
  const requests: [string, Partial<TranscodeRequest>][] = [
    ['options for the output', { options: [{ option: '-crf', argument: 23 }] }],
    ['an encoder', { options: [{ option: '-c:v', argument: 'libx264' }] }],
    ['a filter', { filters: [{ filter: '[0:v]hflip[v]' }] }],
    ['options for the input', { inputs: [{ url: 'gs://b/a', options: [{ option: '-ss', argument: 1 }] }] }],
    ['two inputs', { inputs: [{ url: 'gs://b/a' }, { url: 'gs://b/a' }] }],
  ];
  it.each(requests)('is encoded if the request has %s', (_, request) => {
    const { video, audio } = plan(inputOf(), request).streams;
    expect([video!.mode, audio!.mode]).toEqual(['encoded', 'encoded']);
  });

  it('has its video reported as copied if an option copies the video', () => {
    const { streams } = plan(inputOf(), { options: [{ option: '-c:v', argument: 'copy' }] });
    expect(streams).toEqual({ video: COPIED, audio: { mode: 'encoded', reason: null } });
  });
});

describe('a copy that needs only another container', () => {
  const COPY = { option: '-c', argument: 'copy' };
  const copyOf = (options: TranscodeRequest['options'], changes: Partial<TranscodeRequest> = {}) =>
    plan(inputOf(), { options: [COPY, ...options!], ...changes }).containerCopy;

  it.each([
    ['all streams', [], [0, 1]],
    ['an index at the start', [{ option: '-movflags', argument: '+faststart' }], [0, 1]],
    ['an index at the start, stated twice', [{ option: '-movflags', argument: 'faststart+faststart' }], [0, 1]],
    ['only the video', [{ option: '-an' }], [0]],
    ['streams in another order', ['0:a', '0:v'].map((argument) => ({ option: '-map', argument })), [1, 0]],
    ['the streams that a negative map leaves', ['0', '-0:a'].map((argument) => ({ option: '-map', argument })), [0]],
  ])('is planned for %s', (_, options, streams) => {
    expect(copyOf(options)).toEqual({ streams, format: 'mp4' });
  });

  it.each([
    ['a start', [{ option: '-ss', argument: 10 }], { start: 10_000_000, length: null }],
    ['an end', [{ option: '-to', argument: '00:00:10.5' }], { start: 0, length: 10_500_000 }],
    [
      'a start and an end',
      [
        { option: '-ss', argument: 10 },
        { option: '-to', argument: 12 },
      ],
      { start: 10_000_000, length: 2_000_000 },
    ],
  ])('is planned for a trim with %s', (_, options, trim) => {
    expect(copyOf(options)).toEqual({ streams: [0, 1], format: 'mp4', trim });
  });

  it('is planned for a trim with options of the input, and with the shorter of two lengths', () => {
    const options = [
      { option: '-ss', argument: 1 },
      { option: '-t', argument: 9 },
    ];
    const inputs = [{ url: 'gs://b/a', options }];
    const trim = { start: 1_000_000, length: 9_000_000 };
    expect(copyOf([], { inputs })?.trim).toEqual(trim);
    expect(copyOf([{ option: '-t', argument: 10 }], { inputs })?.trim).toEqual(trim);
    expect(copyOf([{ option: '-t', argument: 8 }], { inputs })?.trim).toEqual({ ...trim, length: 8_000_000 });
    // FFmpeg would seek twice.
    expect(copyOf([{ option: '-ss', argument: 1 }], { inputs })).toBeUndefined();
  });

  it('is planned with the type of its video, which the sanitizer compares', () => {
    expect(copyOf([{ option: '-tag:v', argument: 'hvc1' }])?.videoType).toBe('hvc1');
    expect(copyOf([{ option: '-vtag', argument: 'avc1' }])?.videoType).toBe('avc1');
    expect(copyOf([{ option: '-tag:a', argument: 'mp4a' }])).toBeUndefined();
    expect(copyOf([{ option: '-tag:v:0', argument: 'hvc1' }])).toBeUndefined();
  });

  it('is planned with tags of the file: the last tag of each name, without empty tags', () => {
    const tag = (argument: string, option = '-metadata') => ({ option, argument });
    const tags = [tag('title=First'), tag('artist='), tag('TITLE=a = b'), tag('comment=c', '-metadata:g')];
    expect(copyOf(tags)?.tags).toEqual([
      ['title', 'a = b'],
      ['comment', 'c'],
    ]);
    expect(copyOf([tag('title=')])).toEqual({ streams: [0, 1], format: 'mp4' });
    for (const other of [
      tag('encoded_by=x'),
      tag('creation_time=2020-01-01'),
      tag('language=eng', '-metadata:s:a:0'),
    ]) {
      expect(copyOf([other])).toBeUndefined();
    }
    expect(copyOf([tag('title=x')], { outputFormat: 'mov' })).toBeUndefined();
  });

  it.each([
    ['fragments', [{ option: '-movflags', argument: '+faststart+frag_keyframe' }]],
    ['an index at the end', [{ option: '-movflags', argument: '-faststart' }]],
    [
      'a start whose times FFmpeg shifts',
      [
        { option: '-ss', argument: 1 },
        { option: '-avoid_negative_ts', argument: 'make_zero' },
      ],
    ],
    ['a bit stream filter', [{ option: '-bsf:v', argument: 'h264_metadata' }]],
    ['an encoder', [{ option: '-c:a', argument: 'aac' }]],
    ['one stream twice', ['0:v', '0:v'].map((argument) => ({ option: '-map', argument }))],
  ])('is not planned for %s', (_, options) => {
    expect(copyOf(options)).toBeUndefined();
  });

  it('is not planned for other containers, rare codecs, several inputs, or options of the input', () => {
    const options = [COPY];
    const input = { url: 'gs://b/a' };
    expect(copyOf([], { outputFormat: 'mkv' })).toBeUndefined();
    expect(plan({ ...inputOf(), demuxer: 'matroska' }, { options }).containerCopy).toBeUndefined();
    expect(plan(inputOf({ audio: { codec: 'pcm_s16le' } }), { options }).containerCopy).toBeUndefined();
    expect(copyOf([], { inputs: [input, input] })).toBeUndefined();
    expect(copyOf([], { inputs: [{ ...input, options: [{ option: '-itsoffset', argument: 1 }] }] })).toBeUndefined();
  });
});
