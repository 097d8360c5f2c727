import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JobFailure } from '../../contract/failures.ts';
import { OUTPUT_FORMATS, QUALITIES, RESOLUTIONS } from '../../contract/formats.ts';
import type { OptionRequest, TranscodeRequest } from '../../contract/transcode-request.ts';
import { checkOptions } from '../policy/options/parse-request.ts';
import { parseProbe } from '../probe/probe.ts';
import type { MediaInfo, PlanInput } from '../types.ts';
import { planTranscode } from './plan.ts';
import { estimateResourceClass } from './resource-class.ts';

const VIDEO = {
  codec_type: 'video',
  codec_name: 'h264',
  width: 1920,
  height: 1080,
  pix_fmt: 'yuv420p',
  avg_frame_rate: '30/1',
  r_frame_rate: '30/1',
  bit_rate: '4000000',
};
const AUDIO = { codec_type: 'audio', codec_name: 'aac', channels: 2, sample_rate: '48000' };

function probe(streams: Record<string, unknown>[], more: { duration?: string; demuxer?: string } = {}): MediaInfo {
  const numbered = streams.map((stream, index) => ({ index, ...stream }));
  const format = { duration: more.duration ?? '60', bit_rate: '4200000' };
  return parseProbe(JSON.stringify({ streams: numbered, format }), { sizeBytes: 1e6, demuxer: more.demuxer ?? 'mov' });
}

const inputOf = (info: MediaInfo, index = 0): PlanInput => ({ path: `/in/${index}`, demuxer: info.demuxer, info });
const request = (more: Partial<TranscodeRequest> = {}): TranscodeRequest => ({
  inputs: [{ url: 'gs://b/secret-name.mp4?sig=1' }],
  outputFormat: 'mp4',
  ...more,
});
const plan = (
  more: Partial<TranscodeRequest> = {},
  infos = [probe([VIDEO, AUDIO])],
  resourceClass: 'light' | 'heavy' = 'heavy',
) => {
  const full = request({ inputs: infos.map(() => ({ url: 'gs://b/a' })), ...more });
  return planTranscode(full, infos.map(inputOf), { resourceClass, cores: 2 });
};
const argumentOf = (args: string[], flag: string) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : null);

describe('planTranscode', () => {
  it('puts the security options last before every input, after the caller’s options', () => {
    const inputs = [{ url: 'a', options: [{ option: '-ss', argument: 3 }] }];
    const { args } = plan({ inputs });
    const at = args.indexOf('-i');
    expect(args.slice(at - 12, at)).toEqual([
      '-f',
      'mov',
      '-protocol_whitelist',
      'file',
      '-format_whitelist',
      'mov',
      '-max_streams',
      '64',
      '-probesize',
      '20000000',
      '-analyzeduration',
      '20000000',
    ]);
    expect(args.indexOf('-ss')).toBeLessThan(at - 12);
  });

  it('bounds length and bytes of the output, and ends with a name that the server chose', () => {
    const { args, outputs } = plan();
    expect(args.slice(-7)).toEqual(['-t', '43200', '-fs', '2048576000', '-f', 'mp4', '/out/output.mp4']);
    expect(outputs[0]).toMatchObject({
      path: '/out/output.mp4',
      contentType: 'video/mp4',
      expect: { width: 1920, height: 1080 },
    });
  });

  it('encodes with the preset faster and CRF 23 by default, and not above the source’s bit rate', () => {
    const { args } = plan();
    expect([
      argumentOf(args, '-preset:v'),
      argumentOf(args, '-crf:v'),
      argumentOf(args, '-maxrate:v'),
      argumentOf(args, '-bufsize:v'),
    ]).toEqual(['faster', '23', '3933333', '8000000']);
    expect(args.join(' ')).not.toContain('scale=');
  });

  it('chooses a slower preset for a small picture', () => {
    expect(argumentOf(plan({ preset: { resolution: '480p' } }).args, '-preset:v')).toBe('fast');
  });

  it('reports the source of its settings', () => {
    expect(plan().source).toBe('defaults');
    expect(plan({ preset: { quality: 'low' } }).source).toBe('preset');
    expect(plan({ options: [{ option: '-crf', argument: 20 }] }).source).toBe('raw_options');
  });

  it('ignores the preset if the request has options', () => {
    const { args } = plan({
      preset: { quality: 'low', resolution: '480p' },
      options: [{ option: '-r', argument: 25 }],
    });
    expect(argumentOf(args, '-crf:v')).toBe('23');
    expect(args.join(' ')).not.toContain('scale=');
  });

  it('omits its own settings that the caller’s options replace', () => {
    const { args } = plan({
      options: [
        { option: '-c:a', argument: 'libmp3lame' },
        { option: '-movflags', argument: '+frag_keyframe' },
      ],
    });
    expect(args).not.toContain('+faststart');
    expect(args.filter((arg) => arg === '-c:a')).toHaveLength(1);
    expect(argumentOf(args, '-c:a')).toBe('libmp3lame');
  });

  it('seeks in the output if the container has no index', () => {
    const { args } = plan({ options: [{ option: '-ss', argument: 3 }] }, [probe([VIDEO], { demuxer: 'mpegts' })]);
    expect(args.indexOf('-ss')).toBeGreaterThan(args.indexOf('-i'));
  });

  it('seeks in the input for a still early in the video', () => {
    const { args, durationSeconds } = plan({ outputFormat: 'jpg' });
    expect(argumentOf(args.slice(0, args.indexOf('-i')), '-ss')).toBe('1');
    expect(durationSeconds).toBeNull();
    expect(args).not.toContain('-t');
  });

  it('does not seek into the only frame of a video', () => {
    const single = probe([{ ...VIDEO, nb_frames: '1' }], { duration: '0.04' });
    expect(plan({ outputFormat: 'jpg' }, [single]).args).not.toContain('-ss');
  });

  it('shows the first picture of a file that is as short as one frame', () => {
    const short = (duration: string) => probe([VIDEO], { demuxer: 'mpegts', duration });
    expect(plan({ outputFormat: 'jpg' }, [short('0.02')]).args).not.toContain('-ss');
    expect(plan({ outputFormat: 'jpg' }, [short('0.08')]).args).toContain('-ss');
  });

  it('decodes a transport stream from its start for a still early in the video', () => {
    const { args } = plan({ outputFormat: 'jpg' }, [probe([VIDEO], { demuxer: 'mpegts' })]);
    expect(argumentOf(args.slice(args.indexOf('-i')), '-ss')).toBe('1');
    expect(args.slice(0, args.indexOf('-i'))).not.toContain('-ss');
  });

  it('rejects options and filters that the policy rejects', () => {
    expect(() => plan({ options: [{ option: '-/t', argument: '/etc/passwd' }] })).toThrowError(
      expect.objectContaining({ code: 'option_refused' }),
    );
  });

  it('fails if trimming leaves nothing', () => {
    expect(() => plan({ options: [{ option: '-ss', argument: 61 }] })).toThrowError(
      expect.objectContaining({ code: 'empty_media' }),
    );
  });

  it('fails if joined inputs last longer than an output may', () => {
    const long = probe([VIDEO, AUDIO], { duration: '30000' });
    expect(() => plan({}, [long, long])).toThrowError(expect.objectContaining({ code: 'too_long' }));
  });

  it('expects the duration that the options leave', () => {
    expect(
      plan({
        options: [
          { option: '-ss', argument: 10 },
          { option: '-t', argument: 5 },
        ],
      }).durationSeconds,
    ).toBe(5);
    expect(plan({ options: [{ option: '-frames:v', argument: 60 }] }).durationSeconds).toBe(2);
    expect(plan({}, [probe([VIDEO]), probe([VIDEO], { duration: '2' })]).durationSeconds).toBe(62);
  });

  it('limits the memory of a palette by the number of frames that it reads', () => {
    const long = plan({ outputFormat: 'gif', preset: { resolution: '1080p' } }, [probe([VIDEO], { duration: '3600' })]);
    expect(argumentOf(long.args, '-filter:v:0')).toMatch(/trim=duration=[\d.]+,palettegen/);
    const short = plan({ outputFormat: 'gif' }, [probe([VIDEO], { duration: '3' })]);
    expect(argumentOf(short.args, '-filter:v:0')).not.toContain('trim');
  });
});

describe('a picture that is copied together with a movie', () => {
  const picture = (size: { width: number; height: number }) =>
    probe([{ codec_type: 'video', codec_name: 'mjpeg', ...size }], { demuxer: 'jpeg_pipe' });
  const movie = probe([{ ...VIDEO, width: 640, height: 360 }, AUDIO]);
  const options = [{ option: '-c', argument: 'copy' }];

  it('is chosen by its size, as in FFmpeg, and is never repeated', () => {
    for (const more of [[], [{ option: '-shortest' }], [{ option: '-t', argument: 5 }]]) {
      for (const [size, chosen] of [
        [{ width: 160, height: 90 }, '1:0'],
        [{ width: 1920, height: 1080 }, '0:0'],
      ] as const) {
        const { args } = plan({ outputFormat: 'mkv', options: [...options, ...more] }, [picture(size), movie]);
        expect([args.includes('-loop'), args[args.indexOf('-map') + 1]]).toEqual([false, chosen]);
      }
    }
  });

  it('is repeated if its own options request it', () => {
    const inputs = [{ url: 'a', options: [{ option: '-loop', argument: 1 }] }, { url: 'b' }];
    const body = { inputs, outputFormat: 'mkv' as const, options: [...options, { option: '-t', argument: 5 }] };
    expect(plan(body, [picture({ width: 1920, height: 1080 }), movie]).args).toContain('-loop');
  });
});

describe('the resources of a plan', () => {
  it('grow with picture and duration, and stay within their limits', () => {
    const small = plan({ preset: { resolution: '480p' } }, undefined, 'light');
    const large = plan();
    const uhd = plan({}, [probe([{ ...VIDEO, width: 3840, height: 2160 }], { duration: '40000' })]);
    expect(small.memoryBytes).toBeLessThan(large.memoryBytes);
    expect(large.memoryBytes).toBeLessThan(uhd.memoryBytes);
    expect(large.wallMs).toBeGreaterThanOrEqual(60_000);
    expect(uhd.wallMs).toBe(6 * 3600 * 1000);
    expect([small.cpuWeight, large.cpuWeight, plan({ outputFormat: 'mp3' }).cpuWeight]).toEqual([1.7, 2, 1]);
  });

  it('exceed the 442 MB measured for 1080p at faster by less than 60%', () => {
    const megabytes = plan().memoryBytes / 1e6;
    expect(megabytes).toBeGreaterThan(442);
    expect(megabytes).toBeLessThan(1.6 * 442);
  });
});

describe('estimateResourceClass', () => {
  const small = probe([{ ...VIDEO, width: 640, height: 360 }]);
  const large = probe([VIDEO]);
  it.each([
    ['a 1080p encode', request(), [large], 'heavy'],
    ['a 480p preset of a 1080p input', request({ preset: { resolution: '480p' } }), [large], 'light'],
    ['a 720p preset of a small input', request({ preset: { resolution: '720p' } }), [small], 'light'],
    [
      'a preset that options override',
      request({ preset: { resolution: '480p' }, options: [{ option: '-crf', argument: 20 }] }),
      [large],
      'heavy',
    ],
    ['a small -s', request({ options: [{ option: '-s', argument: '640x360' }] }), [large], 'light'],
    ['a copy', request({ options: [{ option: '-c', argument: 'copy' }] }), [large], 'light'],
    ['audio', request({ outputFormat: 'mp3' }), [null], 'light'],
    ['a still', request({ outputFormat: 'png' }), [large], 'light'],
    ['an unknown input', request(), [null], 'heavy'],
    ['an unknown input at 480p', request({ preset: { resolution: '480p' } }), [null], 'light'],
    ['a GIF', request({ outputFormat: 'gif' }), [probe([VIDEO], { duration: '5' })], 'light'],
    [
      'a large GIF',
      request({ outputFormat: 'gif', preset: { resolution: '1080p' } }),
      [probe([VIDEO], { duration: '5' })],
      'heavy',
    ],
    ['a long GIF', request({ outputFormat: 'gif' }), [probe([VIDEO], { duration: '600' })], 'heavy'],
  ] as const)('returns the resource class of %s', (_, wanted, infos, resourceClass) => {
    expect(estimateResourceClass(wanted, [...infos])).toBe(resourceClass);
  });
});

describe('any allowed request', () => {
  const option: fc.Arbitrary<OptionRequest> = fc.constantFrom<OptionRequest>(
    { option: '-c:v', argument: 'copy' },
    { option: '-c', argument: 'copy' },
    { option: '-crf', argument: 20 },
    { option: '-ss', argument: '00:00:05' },
    { option: '-t', argument: 2.5 },
    { option: '-to', argument: 9 },
    { option: '-an' },
    { option: '-vn', argument: null },
    { option: '-map', argument: '0:v:0?' },
    { option: '-map', argument: '0:a' },
    { option: '-metadata', argument: 'title=http://x/ -i /etc/passwd' },
    { option: '-s', argument: '100x100' },
    { option: '-r', argument: 12 },
    { option: '-shortest' },
    { option: '-frames:v', argument: 3 },
    { option: '-pix_fmt', argument: 'yuv444p' },
    { option: '-y' },
    { option: '-loop', argument: 0 },
    { option: '-b:a', argument: '96k' },
    { option: '-aspect', argument: '16:9' },
    { option: '-/t', argument: '/etc/passwd' },
  );
  const inputOption: fc.Arbitrary<OptionRequest> = fc.constantFrom<OptionRequest>(
    { option: '-ss', argument: 1 },
    { option: '-t', argument: 3 },
    { option: '-stream_loop', argument: 2 },
    { option: '-r', argument: 10 },
    { option: '-itsoffset', argument: '-0.5' },
    { option: '-sseof', argument: -3 },
    { option: '-loop', argument: 1 },
  );
  const video = fc.record({
    codec_type: fc.constant('video'),
    codec_name: fc.constantFrom('h264', 'vp9', 'gif', 'unknown;'),
    width: fc.integer({ min: 1, max: 9000 }),
    height: fc.integer({ min: 1, max: 9000 }),
    pix_fmt: fc.constantFrom('yuv420p', 'yuva420p', 'rgba', 'yuv420p10le', 'yuvj420p', 'x,y'),
    sample_aspect_ratio: fc.constantFrom('1:1', '16:15', '64:45', '0:1'),
    avg_frame_rate: fc.constantFrom('30000/1001', '0/0', '239/1', '1/3'),
    color_transfer: fc.constantFrom('bt709', 'smpte2084', 'x;y'),
    field_order: fc.constantFrom('progressive', 'tt'),
    side_data_list: fc.constantFrom([], [{ rotation: -90 }]),
    disposition: fc.constantFrom({}, { attached_pic: 1 }),
    tags: fc.constant({ alpha_mode: '1' }),
  });
  const audio = fc.record({
    codec_type: fc.constant('audio'),
    codec_name: fc.constant('aac'),
    channels: fc.integer({ min: 1, max: 8 }),
    sample_rate: fc.constant('44100'),
    tags: fc.constantFrom({}, { language: 'deu' }, { language: '/in' }),
  });
  const media = fc
    .tuple(
      fc.array(fc.oneof(video, audio), { minLength: 1, maxLength: 4 }),
      fc.constantFrom('0.04', '3', '7200', 'N/A'),
      fc.constantFrom('mov', 'matroska', 'mpegts', 'gif', 'jpeg_pipe'),
    )
    .map(([streams, duration, demuxer]) => probe(streams, { duration, demuxer }));

  it('becomes a command of generated parts only, or fails with a JobFailure', () => {
    let planned = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(media, fc.array(inputOption, { maxLength: 2 })), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...OUTPUT_FORMATS),
        fc.record(
          { quality: fc.constantFrom(...QUALITIES), resolution: fc.constantFrom(...RESOLUTIONS) },
          { requiredKeys: [] },
        ),
        fc.array(option, { maxLength: 4 }),
        fc.constantFrom('light' as const, 'heavy' as const),
        (sources, outputFormat, preset, options, resourceClass) => {
          const inputs = sources.map(([, own]) => ({ url: 'https://user:pw@host/secret?sig=1', options: own }));
          const full: TranscodeRequest = { inputs, outputFormat, preset, options };
          const rejections = checkOptions(full);
          try {
            const result = planTranscode(
              full,
              sources.map(([info], index) => inputOf(info, index)),
              { resourceClass, cores: 2 },
            );
            planned++;
            expect(rejections).toEqual([]);
            checkArguments(result.args, sources.length);
            for (const value of [
              result.memoryBytes,
              result.wallMs,
              result.cpuSeconds,
              result.outputBytes,
              result.cpuWeight,
            ]) {
              expect(Number.isFinite(value) && value > 0).toBe(true);
            }
            expect(result.wallMs).toBeLessThanOrEqual(6 * 3600 * 1000);
          } catch (error) {
            if (!(error instanceof JobFailure)) throw error;
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(planned).toBeGreaterThan(300);
  });
});

/** Matches text that no argument contains, except the value of a tag. */
const ODD = /:\/\/|undefined|NaN|Infinity|\bnull\b|\be\+|secret|passwd/;

function checkArguments(args: string[], inputs: number): void {
  const paths = args.filter((arg) => arg.startsWith('/'));
  expect(paths.filter((path) => path.startsWith('/in/')).every((path) => /^\/in\/\d$/.test(path))).toBe(true);
  expect(paths.filter((path) => path.startsWith('/out/'))).toHaveLength(1);
  expect(paths.filter((path) => !/^\/(in\/\d|out\/output\.[a-z0-9]+)$/.test(path))).toEqual([]);
  expect(args.filter((arg) => arg === '-i').length).toBeLessThanOrEqual(inputs);
  expect(args.at(-1)).toMatch(/^\/out\/output\.[a-z0-9]{3,4}$/);
  // One assertion checks all arguments, because thousands of plans have dozens of arguments each.
  const odd = args.filter((arg, index) => arg.startsWith('-/') || (args[index - 1] !== '-metadata' && ODD.test(arg)));
  expect(odd).toEqual([]);
  for (const [index, arg] of args.entries()) {
    if (arg !== '-i' || args[index - 1] === '-metadata') continue;
    expect(args[index + 1]).toMatch(/^\/in\/\d$/);
    expect(args[index - 12]).toBe('-f');
    expect(args[index - 10]).toBe('-protocol_whitelist');
  }
}
