import { type AuditCase, atLeast, atMost, between, equals, type Figure } from '../audit-case.ts';
import { compareMotion, keyFrameDistance, readCounter } from '../checks/times.ts';
import { counterVideo } from '../sources/counter.ts';
import { edited, encoded, makeSource, type Source } from '../sources/source.ts';
import type { Outcome, World } from '../world.ts';

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '16'];
const VP8 = ['-c:v', 'libvpx', '-b:v', '1M', '-deadline', 'realtime', '-cpu-used', '8'];
const VP9 = ['-c:v', 'libvpx-vp9', '-b:v', '1M', '-deadline', 'realtime', '-cpu-used', '8'];
const X265 = [
  '-c:v',
  'libx265',
  '-preset',
  'ultrafast',
  '-crf',
  '20',
  '-x265-params',
  'log-level=none',
  '-tag:v',
  'hvc1',
];

/** Limit in milliseconds of a frame's time, in containers that can express every time. WebM rounds to milliseconds. */
const EXACT_MS = 1;

const LADDER = { output_format: 'hls', ladder: [{ height: 108 }] };

/** The first rendition with video. */
export async function renditionOf(outcome: Outcome): Promise<string> {
  const made = await outcome.renditions();
  const found = [...made].find(([folder]) => !folder.includes('audio'));
  if (!found) throw new Error('the ladder has no rendition');
  return found[1];
}

interface MotionLimits {
  name: string;
  shiftMs: number;
  lost?: number;
  /** How many frames more or fewer than the source the output may have. Absent: any number, for a constant frame rate. */
  frames?: number;
}

async function motion(source: Source, path: string, limits: MotionLimits): Promise<Figure[]> {
  const found = compareMotion(await readCounter(await makeSource(source)), await readCounter(path));
  return [
    atMost(`frames of the source that ${limits.name} lacks`, found.lost, limits.lost ?? 0),
    atMost(`largest shift of a frame in ${limits.name} in ms`, found.shiftMs, limits.shiftMs),
    ...(limits.frames === undefined
      ? []
      : [
          between(
            `frames of ${limits.name}`,
            found.outputFrames,
            found.sourceFrames - limits.frames,
            found.sourceFrames + limits.frames,
          ),
        ]),
  ];
}

/** Makes files whose containers can express every time, and a ladder and an AVI with a constant frame rate. */
async function checkAll(world: World, source: Source, frameMs: number, formats: readonly string[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const format of formats) {
    const request = format === 'ladder' ? LADDER : { output_format: format };
    const made = await world.transcode(source, request);
    const isConstant = format === 'ladder' || format === 'avi';
    if (made.status !== 'completed') {
      figures.push(equals(format, made.failure.slice(0, 300), 'completed'));
      continue;
    }
    const path = format === 'ladder' ? await renditionOf(made) : await made.file();
    const limits = isConstant ? { shiftMs: frameMs } : { shiftMs: EXACT_MS, frames: 0 };
    figures.push(...(await motion(source, path, { name: format, ...limits })));
  }
  return figures;
}

/** A phone's video in HEVC. Its times differ from a constant rate by up to 4 ms. */
const PHONE = counterVideo('mov', {
  count: 90,
  seconds: 'N/30+mod(N*7,5)*0.002',
  timescale: 600,
  args: [...X265, '-video_track_timescale', '600'],
});

/** Milliseconds with the jitter of a browser on a busy machine. ffprobe guesses 1000 frames per second. */
const BROWSER = counterVideo('webm', {
  count: 73,
  seconds: 'N/30+mod(N*N*7,17)/1000',
  timescale: 1000,
  args: VP8,
});

/** A screen that changes at 30 frames per second for two seconds, twice, with a pause of four seconds. */
const BURSTS = counterVideo('mp4', { count: 120, seconds: 'N/30+4*gte(N,60)', args: X265 });

/** H.264 that a copy would keep: the burst of a screen recording. */
const BURSTS_WEBM = counterVideo('webm', { count: 120, seconds: 'N/30+4*gte(N,60)', timescale: 1000, args: VP9 });

const FRAGMENTS = counterVideo('mp4', {
  count: 150,
  seconds: 'N/30',
  args: [...X265, '-movflags', 'frag_keyframe+empty_moov+default_base_moof', '-g', '30'],
});

const NTSC = counterVideo('mp4', { count: 120, seconds: 'N*1001/30000', timescale: 30_000, args: X265 });
const SLOW_MOTION = counterVideo('mp4', { count: 482, seconds: 'N/241', timescale: 24_100, args: X264 });
const FAST = counterVideo('webm', { count: 240, seconds: 'N/120', timescale: 1000, args: VP9 });
const ONE_FPS = counterVideo('mkv', { count: 30, seconds: 'N', timescale: 1000, args: [...VP9, '-g', '9999'] });

const sourceCases: readonly AuditCase[] = [
  {
    name: 'time/phone',
    isShort: true,
    run: (world) => checkAll(world, PHONE, 34, ['mp4', 'mov', 'mkv', 'webm', 'ladder', 'avi']),
  },
  {
    name: 'time/browser-jitter',
    isShort: true,
    run: (world) => checkAll(world, BROWSER, 34, ['mp4', 'webm', 'mkv', 'mov', 'ladder', 'avi']),
  },
  { name: 'time/bursts', run: (world) => checkAll(world, BURSTS, 34, ['mp4', 'webm', 'ladder', 'avi']) },
  { name: 'time/bursts-webm', run: (world) => checkAll(world, BURSTS_WEBM, 34, ['mp4', 'webm', 'ladder', 'avi']) },
  { name: 'time/fragments', run: (world) => checkAll(world, FRAGMENTS, 34, ['mp4', 'webm', 'ladder', 'avi']) },
  { name: 'time/ntsc', run: (world) => checkAll(world, NTSC, 34, ['mp4', 'mov', 'webm', 'ladder', 'avi']) },
];

const rateCases: readonly AuditCase[] = [
  {
    name: 'time/bursts-joined',
    async run(world) {
      const made = await world.transcode([BURSTS, BURSTS_WEBM], { output_format: 'mp4' });
      const shown = new Set((await readCounter(await made.file())).map(({ index }) => index));
      const source = await readCounter(await makeSource(BURSTS));
      return [atMost('frames that the output lacks', source.filter(({ index }) => !shown.has(index)).length, 0)];
    },
  },
  {
    name: 'time/fragments-keep-their-rate',
    async run(world) {
      const made = await world.transcode(FRAGMENTS, LADDER);
      const times = (await readCounter(await renditionOf(made))).map(({ time }) => time);
      const rate = (times.length - 1) / (times.at(-1)! - times[0]!);
      return [between('frames per second', rate, 29.999, 30.001), equals('frames', times.length, 150)];
    },
  },
  {
    name: 'time/slow-motion-of-241-fps',
    async run(world) {
      const made = await world.transcode(SLOW_MOTION, { output_format: 'mp4' });
      const times = (await readCounter(await made.file())).map(({ time }) => time);
      return [between('seconds', times.at(-1)! - times[0]!, 1.95, 2.02), atLeast('frames', times.length, 110)];
    },
  },
  {
    name: 'time/presets-have-at-most-60-fps',
    async run(world) {
      const made = await world.transcode(FAST, { output_format: 'mp4' });
      const times = (await readCounter(await made.file())).map(({ time }) => time);
      const rate = (times.length - 1) / (times.at(-1)! - times[0]!);
      return [between('frames per second', rate, 50, 60.5)];
    },
  },
];

const KEY_SECONDS = 5;

const keyCases: readonly AuditCase[] = [
  ...(['mp4', 'webm', 'mkv', 'avi'] as const).map(
    (format): AuditCase => ({
      name: `time/key-frames-of-1-fps-${format}`,
      async run(world) {
        const made = await world.transcode(ONE_FPS, { output_format: format });
        return [atMost('seconds between key frames', await keyFrameDistance(await made.file()), KEY_SECONDS + 0.05)];
      },
    }),
  ),
  ...(['mp4', 'webm'] as const).map(
    (format): AuditCase => ({
      name: `time/key-frames-of-25-fps-${format}`,
      async run(world) {
        const still = counterVideo('mkv', { count: 375, seconds: 'N/25', args: [...VP9, '-g', '9999'] });
        const made = await world.transcode(still, { output_format: format });
        return [atMost('seconds between key frames', await keyFrameDistance(await made.file()), KEY_SECONDS + 0.05)];
      },
    }),
  ),
];

/** 26.5 hours are 2^33 ticks of 90 kHz, after which the clock of a transport stream starts again. */
const WRAP = counterVideo('ts', {
  count: 150,
  seconds: 'N/25',
  args: [...X264, '-output_ts_offset', '95440.7', '-g', '25'],
});
const PLAIN_TS = counterVideo('ts', { count: 100, seconds: 'N/25', args: [...X264, '-g', '25'] });
const CUT_TS = edited('from the middle of a packet', [PLAIN_TS], (bytes) => bytes.subarray(bytes.length / 4 + 77));
const TWICE_TS = edited('two captures', [PLAIN_TS], (bytes) => Buffer.concat([bytes, bytes]));

const tsCases: readonly AuditCase[] = [
  {
    name: 'time/transport-stream-wraps',
    async run(world) {
      const made = await world.transcode(WRAP, { output_format: 'mp4' });
      const frames = await readCounter(await made.file());
      return [
        between('seconds', frames.at(-1)!.time - frames[0]!.time, 5.9, 6.1),
        between('frames', frames.length, 149, 151),
        between('seconds that the job shows', made.job.duration_seconds, 5.9, 6.2),
      ];
    },
  },
  {
    name: 'time/transport-stream-from-mid-packet',
    async run(world) {
      const made = await world.transcode(CUT_TS, { output_format: 'mp4' });
      const frames = await readCounter(await made.file());
      // The source has 75 frames after the cut, and a decoder needs the next key frame.
      return [between('frames', frames.length, 40, 76)];
    },
  },
  {
    name: 'time/two-captures-joined',
    async run(world) {
      const made = await world.transcode(TWICE_TS, { output_format: 'mp4' });
      const frames = await readCounter(await made.file());
      return [
        between('frames', frames.length, 198, 202),
        between('seconds', frames.at(-1)!.time - frames[0]!.time, 7.8, 8.2),
        between('seconds that the job shows', made.job.duration_seconds, 7.8, 8.2),
      ];
    },
  },
];

const WITHOUT_REORDERING = counterVideo('mp4', { count: 50, seconds: 'N/25', args: [...X264, '-bf', '0'] });

/** Times that are wrong. The job must end with an output of plausible length, or with a failure that names the file. */
const BAD_TIMES: Readonly<Record<string, Source>> = {
  backwards: edited('the second half first', [PLAIN_TS], (bytes) => {
    const middle = Math.floor(bytes.length / 188 / 2) * 188;
    return Buffer.concat([bytes.subarray(middle), bytes.subarray(0, middle)]);
  }),
  'all-equal': edited('no duration of a sample', [WITHOUT_REORDERING], (bytes) => {
    // The table `stts` has one entry, whose duration of a sample is its last field.
    const copy = Buffer.from(bytes);
    copy.writeUInt32BE(0, copy.indexOf('stts') + 16);
    return copy;
  }),
  'a-day-later': counterVideo('mp4', { count: 50, seconds: 'N/25+86400*gte(N,30)', timescale: 1000, args: X264 }),
  '100000-fps': counterVideo('mp4', { count: 50, seconds: 'N/100000', timescale: 100_000, args: X264 }),
};

const badCases = Object.entries(BAD_TIMES).map(
  ([name, source]): AuditCase => ({
    name: `time/bad-${name}`,
    async run(world) {
      const made = await world.transcode(source, { output_format: 'mp4' });
      if (made.status === 'completed')
        return [between('frames', (await readCounter(await made.file())).length, 1, 102)];
      const isPlain = /invalid_media|unsupported_media|too_long|upload_type_mismatch/.test(made.failure);
      return [equals('failure', isPlain ? 'named' : made.failure.slice(0, 300), 'named')];
    },
  }),
);

/** An APNG with ten pictures. */
const APNG = encoded('png', [
  '-f',
  'lavfi',
  '-i',
  'testsrc2=s=96x64:r=10:d=1',
  '-f',
  'apng',
  '-plays',
  '0',
  '-c:v',
  'apng',
]);

const apngCase: AuditCase = {
  name: 'time/apng-moves',
  async run(world) {
    const figures: Figure[] = [];
    for (const format of ['mp4', 'gif', 'webm']) {
      const made = await world.transcode(APNG, { output_format: format });
      const seconds = made.job?.outputs?.[0]?.duration_seconds ?? 0;
      figures.push(between(`seconds of ${format}`, made.status === 'completed' ? seconds : -1, 0.9, 1.1));
    }
    return figures;
  },
};

export const timeCases: readonly AuditCase[] = [
  ...sourceCases,
  ...rateCases,
  ...keyCases,
  ...tsCases,
  ...badCases,
  apngCase,
];
