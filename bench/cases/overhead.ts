import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { source1080, source1080Large, sourceShort } from '../lib/media.ts';
import { pause } from '../lib/pause.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { runWell } from '../lib/run.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { median, spread } from '../lib/statistics.ts';

interface Pair {
  /** Milliseconds from sending the POST to receiving the finished job. */
  wallMs: number;
  /** `completed_at` minus `created_at`, in milliseconds. */
  apiMs: number;
  /** CPU seconds of the service, FFmpeg in its cell, and the probe of the output. */
  cpuSeconds: number;
  plainMs: number;
  plainCpuSeconds: number;
}

const PRESET = { quality: 'medium', resolution: '720p' };
/** Number of short pairs per long pair. Short jobs last half a second, so more of them are run to reduce the effect of disturbances. */
const SHORT_FACTOR = 6;
/** Milliseconds after which the work of a start has ended. */
const STARTED_MS = 1_500;

/**
 * Measures a job from the POST to its end, compared with plain `ffmpeg` with the arguments of the worker on the same file. The two
 * alternate, after a warm-up pair.
 */
export async function overhead(options: CaseOptions): Promise<CaseResult> {
  if (options.cold) return coldOverhead(options);
  const long = await source1080(options.progress);
  const large = await source1080Large(options.progress);
  const short = await sourceShort();
  const bench = await openBench();
  try {
    const { pairs, gapMs, progress } = options;
    const compareFile = (file: string, count: number, name: string, pauseMs = 0) =>
      compare(bench, file, { count, warmUps: 1, gapMs: pauseMs, progress: (text) => progress(`${name}: ${text}`) });
    const shortPairs = await compareFile(short.path, pairs * SHORT_FACTOR, 'one second', gapMs);
    const longPairs = await compareFile(long.path, pairs, '60 s of 1080p');
    const largePairs = await compareFile(large.path, pairs, '60 s of 1080p, 27 Mbit/s');
    const synthetic = [...new Set([...long.synthetic, ...short.synthetic])];
    return {
      rows: [
        ...longRows('60 s of 1080p to 720p', longPairs, 1),
        ...longRows('60 s of 1080p to 720p, 27 Mbit/s', largePairs, 1.01),
        ...shortRows(shortPairs, '1 s 720p', 30),
      ],
      raw: { long: longPairs, large: largePairs, short: shortPairs },
      notes: synthetic.map((clip) => `test pattern instead of ${clip}: not installed`),
    };
  } finally {
    await bench.close();
  }
}

/** Measures the first job after each of several starts. */
async function coldOverhead({ pairs, gapMs, progress }: CaseOptions): Promise<CaseResult> {
  const short = await sourceShort();
  const cold: Pair[] = [];
  for (let start = 1; start <= pairs; start += 1) {
    progress(`start ${start} of ${pairs}`);
    const bench = await openBench();
    try {
      await pause(STARTED_MS);
      cold.push(...(await compare(bench, short.path, { count: 1, warmUps: 0, gapMs, progress })));
    } finally {
      await bench.close();
    }
  }
  return {
    rows: shortRows(cold, '1 s 720p, first after a start', 60),
    raw: { cold },
    notes: short.synthetic.map((clip) => `test pattern instead of ${clip}: not installed`),
  };
}

interface Comparison extends Pick<CaseOptions, 'gapMs' | 'progress'> {
  count: number;
  /** Number of pairs before the first pair that counts. */
  warmUps: number;
}

async function compare(bench: Bench, file: string, { count, warmUps, gapMs, progress }: Comparison): Promise<Pair[]> {
  const url = await bench.upload(file);
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  const output = join(folder, 'output.mp4');
  const pairs: Pair[] = [];
  try {
    for (let index = 1 - warmUps; index <= count; index += 1) {
      progress(index <= 0 ? 'warm-up' : `pair ${index} of ${count}`);
      await pause(gapMs);
      const cpu = bench.cpu();
      const began = performance.now();
      const created = await bench.create({ inputs: [{ url }], outputFormat: 'mp4', preset: PRESET });
      const job = await bench.completed(created.id);
      const wallMs = performance.now() - began;
      const ownCpuSeconds = bench.cpu() - cpu;
      const ran = await bench.ranAs(job.id);
      const args = ran.args.map((argument) =>
        argument === '/in/0' ? file : argument.startsWith('/out/') ? output : argument,
      );
      const plain = await runWell('ffmpeg', args);
      await requireSame(job, output);
      const cpuSeconds = ownCpuSeconds + ran.cpuSeconds;
      await rm(output);
      const apiMs = Date.parse(job.completed_at!) - Date.parse(job.created_at);
      const pair = { wallMs, apiMs, cpuSeconds, plainMs: plain.wallMs, plainCpuSeconds: plain.cpuSeconds };
      if (index > 0) pairs.push(pair);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return pairs;
}

/** Checks that both runs produced the same video. Otherwise, the comparison is meaningless. */
async function requireSame(job: Awaited<ReturnType<Bench['completed']>>, plain: string): Promise<void> {
  const entries = 'format=duration,size:stream=codec_name,width,height';
  const probe = await runWell('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'json', plain]);
  const { format, streams } = JSON.parse(probe.stdout);
  const ours = job.outputs[0]!;
  const same =
    streams[0].codec_name === ours.video_codec &&
    streams[0].width === ours.width &&
    Math.abs(Number(format.duration) - ours.duration_seconds!) < 0.05 &&
    Math.abs(Number(format.size) / ours.size! - 1) < 0.02;
  if (!same) throw new Error(`the outputs differ: ${JSON.stringify(ours)} and ${probe.stdout}`);
}

/** @param bound limit of the wall time, as a multiple of the wall time of plain `ffmpeg` */
function longRows(name: string, pairs: Pair[], bound: number): CaseResult['rows'] {
  const row = (what: string) => ({ case: 'overhead', what: `${name}: ${what}` });
  const wall = spread(pairs.map((pair) => pair.wallMs / pair.plainMs));
  const api = spread(pairs.map((pair) => pair.apiMs / pair.plainMs));
  const cpu = spread(pairs.map((pair) => pair.cpuSeconds / pair.plainCpuSeconds));
  return [
    bounded(row('wall, POST to end / plain'), { ...wall, value: wall.median }, bound, '', 3),
    bounded(row('created to completed / plain'), { ...api, value: api.median }, bound, '', 3),
    bounded(row('CPU seconds / plain'), { ...cpu, value: cpu.median }, 1.02, '', 3),
    bounded(row('plain ffmpeg'), { value: median(pairs.map((pair) => pair.plainMs)) / 1000 }, null, 's'),
  ];
}

/** @param bound limit of the CPU milliseconds in addition to plain `ffmpeg` */
function shortRows(pairs: Pair[], name: string, bound: number): CaseResult['rows'] {
  const row = (what: string) => ({ case: 'overhead', what: `${name}: ${what}` });
  const wall = spread(pairs.map((pair) => pair.wallMs - pair.plainMs));
  const api = spread(pairs.map((pair) => pair.apiMs - pair.plainMs));
  const cpu = spread(pairs.map((pair) => (pair.cpuSeconds - pair.plainCpuSeconds) * 1000));
  return [
    bounded(row('wall, POST to end - plain'), { ...wall, value: wall.median }, 150, 'ms', 0),
    bounded(row('created to completed - plain'), { ...api, value: api.median }, 150, 'ms', 0),
    bounded(row('CPU - plain'), { ...cpu, value: cpu.median }, bound, 'ms', 0),
    bounded(row('plain ffmpeg'), { value: median(pairs.map((pair) => pair.plainMs)) }, null, 'ms', 0),
  ];
}
