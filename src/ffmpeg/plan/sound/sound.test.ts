import { describe, expect, it } from 'vitest';
import type { TranscodeRequest } from '../../../contract/transcode-request.ts';
import { parseProbe } from '../../probe/probe.ts';
import type { PlanInput } from '../../types.ts';
import { planTranscode } from '../plan.ts';
import { speechAudioArgs } from '../speech-audio.ts';
import { splitCommand } from '../split/split-command.ts';

const VIDEO = {
  codec_type: 'video',
  codec_name: 'h264',
  width: 640,
  height: 360,
  pix_fmt: 'yuv420p',
  avg_frame_rate: '25/1',
};
const STEREO = { codec_type: 'audio', codec_name: 'aac', channels: 2, sample_rate: '48000' };
const SURROUND = { ...STEREO, codec_name: 'ac3', channels: 6 };
const STEADY = 'aresample=async=1:min_comp=0.02:first_pts=0';
const LIMITED =
  'aformat=channel_layouts=stereo:sample_rates=192000,alimiter=limit=0.631:level=0:latency=1,aresample=48000';

function inputOf(streams: object[], demuxer = 'mov', index = 0): PlanInput {
  const json = JSON.stringify({
    streams: streams.map((one, at) => ({ index: at, ...one })),
    format: { duration: '60', start_time: '1.4' },
  });
  return { path: `/in/${index}`, demuxer, info: parseProbe(json, { sizeBytes: 1e6, demuxer }) };
}

function planOf(request: Partial<TranscodeRequest>, inputs = [inputOf([VIDEO, STEREO])]) {
  const full = { inputs: inputs.map(() => ({ url: 'gs://b/a' })), outputFormat: 'mp4' as const, ...request };
  return planTranscode(full, inputs, { resourceClass: 'heavy', cores: 2 });
}
const soundFilter = (...given: Parameters<typeof planOf>) => {
  const { args } = planOf(...given);
  const at = args.indexOf('-filter:a:0');
  return at < 0 ? null : args[at + 1];
};

describe('the filters of sound', () => {
  it.each(['mp4', 'mkv', 'webm', 'mov'] as const)('are absent if %s stores the times of packets', (outputFormat) => {
    expect(soundFilter({ outputFormat })).toBeNull();
  });

  it.each(['mp3', 'wav', 'm4a', 'aac', 'ogg', 'opus', 'flac'] as const)(
    'give %s the times of its source',
    (outputFormat) => {
      expect(soundFilter({ outputFormat })).toBe(STEADY);
    },
  );

  it('cut the delay of the encoder from MP3 in AVI, at the rate of the encoder', () => {
    const trimmed = (start: string) => `${STEADY},atrim=start=${start}`;
    expect(soundFilter({ outputFormat: 'avi' })).toBe(trimmed('0.023021'));
    expect(soundFilter({ outputFormat: 'avi', options: [{ option: '-ar', argument: 44100 }] })).toBe(
      trimmed('0.025057'),
    );
    expect(soundFilter({ outputFormat: 'avi', options: [{ option: '-c:a', argument: 'pcm_s16le' }] })).toBe(STEADY);
  });

  it.each(['mp3', 'wav', 'flac', 'aac'])('are absent if the source, %s, has no times', (demuxer) => {
    expect(soundFilter({ outputFormat: 'wav' }, [inputOf([STEREO], demuxer)])).toBeNull();
  });

  it('are absent from a copy', () => {
    expect(soundFilter({ outputFormat: 'm4a', options: [{ option: '-c:a', argument: 'copy' }] })).toBeNull();
  });

  it('precede the filters of the caller', () => {
    const options = [{ option: '-af', argument: 'volume=2' }];
    expect(soundFilter({ outputFormat: 'wav', options })).toMatch(new RegExp(`^${STEADY},volume=`));
  });

  it('precede a graph of the caller', () => {
    const options = [
      { option: '-filter_complex', argument: '[0:a]volume=2[a]' },
      { option: '-map', argument: '[a]' },
    ];
    const { args } = planOf({ outputFormat: 'wav', options });
    expect(args[args.indexOf('-filter_complex') + 1]).toMatch(
      new RegExp(`^\\[0:1\\]${STEADY}\\[(\\w+)\\];\\[\\1\\]volume`),
    );
  });

  it('apply to every audio stream of the output', () => {
    const options = [{ option: '-map', argument: '0' }];
    const { args } = planOf({ outputFormat: 'avi', options }, [inputOf([VIDEO, STEREO, STEREO])]);
    const filter = `${STEADY},atrim=start=0.023021`;
    expect(args.join(' ')).toContain(`-filter:a:0 ${filter} -filter:a:1 ${filter}`);
  });

  it('limit the peaks of sound that is mixed, also in pieces', () => {
    const plan = planOf({}, [inputOf([VIDEO, SURROUND])]);
    expect(plan.args.join(' ')).toContain(`-filter:a:0 ${LIMITED} -b:a 128000 -ac 2`);
    const split = splitCommand(plan, []);
    if (typeof split === 'string') throw new Error(split);
    expect(split.audio?.join(' ')).toContain(LIMITED);
    expect(
      split.piece({ frames: 9 } as never, { time: 0, timescale: 1, rate: { num: 25, den: 1 } }).join(' '),
    ).not.toContain(LIMITED);
  });

  it.each([
    ['mp3', 0.631],
    ['ogg', 0.631],
    ['opus', 0.562],
    ['flac', 0.794],
  ] as const)('limit the peaks of %s to %f, because encoders change peaks differently', (outputFormat, limit) => {
    const options = [{ option: '-ac', argument: 2 }];
    const filter = soundFilter({ outputFormat, options }, [inputOf([SURROUND])]);
    expect(filter).toContain(`alimiter=limit=${limit}:`);
  });

  it('limit sound that options mix, but no sound that keeps its channels', () => {
    const mono = [{ option: '-ac', argument: 1 }];
    expect(soundFilter({ options: mono })).toContain('channel_layouts=mono');
    expect(soundFilter({ options: [{ option: '-crf', argument: 20 }] }, [inputOf([VIDEO, SURROUND])])).toBeNull();
    expect(soundFilter({ options: [{ option: '-ac', argument: 6 }] }, [inputOf([VIDEO, SURROUND])])).toBeNull();
  });

  it('start each segment of a join at zero, and limit mixed segments', () => {
    const { args } = planOf({}, [inputOf([VIDEO, STEREO]), inputOf([VIDEO, SURROUND], 'mov', 1)]);
    const graph = args[args.indexOf('-filter_complex') + 1]!;
    expect(graph).toContain('[0:1]aresample=async=1:first_pts=0,aformat=');
    expect(graph).toContain(`[1:1]aresample=async=1:first_pts=0,${LIMITED},aformat=`);
  });
});

describe('sound that starts later than its file', () => {
  const late = (demuxer: string, start = '2.9') =>
    inputOf([VIDEO, { ...STEREO, start_time: start }, { ...STEREO, start_time: '1.4' }], demuxer);
  const offset = (request: Partial<TranscodeRequest>, input = late('mpegts')) => {
    const { args } = planOf(request, [input]);
    const at = args.indexOf('-itsoffset');
    return at < 0 ? null : args[at + 1];
  };
  const trimmed = (start: number) => ({
    inputs: [{ url: 'gs://b/a', options: [{ option: '-ss', argument: start }] }],
  });

  it('keeps its delay in a file with only sound', () => {
    expect(offset({ outputFormat: 'mp3' })).toBe('1.5');
    expect(offset({ outputFormat: 'mp3' }, late('mpeg'))).toBe('1.5');
    expect(offset({ outputFormat: 'mp3', ...trimmed(1) })).toBe('0.5');
    expect(offset({ outputFormat: 'mp3', ...trimmed(2) })).toBeNull();
  });

  it('keeps its delay without an option alongside other streams, and in other containers', () => {
    expect(offset({ outputFormat: 'mp4' })).toBeNull();
    expect(offset({ outputFormat: 'mp3', options: [{ option: '-map', argument: '0:a' }] })).toBeNull();
    expect(offset({ outputFormat: 'mp3' }, late('mov'))).toBeNull();
  });

  it.each(['1.41', '1.3', '12'])(
    'is in time if it starts at %s s, which is not a delay, or is a discontinuity',
    (start) => {
      expect(offset({ outputFormat: 'mp3' }, late('mpegts', start))).toBeNull();
    },
  );

  it('keeps its delay in a join and for speech recognition', () => {
    const { args } = planOf({ outputFormat: 'mp3' }, [late('mpegts'), inputOf([STEREO], 'mov', 1)]);
    expect(args.filter((arg) => arg === '-itsoffset')).toHaveLength(1);
    const { info } = late('mpegts');
    expect(speechAudioArgs({ path: '/in/0', demuxer: 'mpegts', info }, '/out/a')!.join(' ')).toContain(
      '-itsoffset 1.5',
    );
  });
});
