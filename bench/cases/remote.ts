import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forFiles, type Source, source1080Large, sourceHour, sourceNotInterleaved } from '../lib/media.ts';
import { runNaive } from '../lib/naive-service.ts';
import { type Origin, openOrigin, openSink } from '../lib/origin.ts';
import { openRemoteStore } from '../lib/remote-store.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { spread } from '../lib/statistics.ts';

/** Bandwidth of a link in bytes per second: 200 Mbit/s. */
const LINK = 25_000_000;
const FETCH = { AIRLOCK_FETCH_ALLOW: '127.0.0.1/32' };
const option = (option: string, argument: string) => ({ option, argument });

const ENCODE = {
  outputFormat: 'mp4',
  options: [option('-vf', 'scale=-2:480'), option('-preset', 'veryfast'), option('-c:a', 'copy')],
};
const COPY = { outputFormat: 'mp4', options: [option('-c', 'copy')] };
const POSTER = { outputFormat: 'jpg', still: { at: 1800 } };

/** Measures a job from a throttled source to a throttled S3 storage, compared with a naive service on links of the same speed. */
export async function throttled(options: CaseOptions): Promise<CaseResult> {
  const source = await source1080Large(options.progress);
  const origin = await openOrigin(source.path, LINK);
  const store = await openRemoteStore(LINK);
  const sink = await openSink(LINK);
  const bench = await openBench({ ...FETCH, ...store.env });
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  try {
    const run = (name: string, request: object) =>
      naivePairs(bench, { origin, sink: sink.url, folder, name, request }, options);
    const copy = await run('copy', COPY);
    const encode = await run('480p', ENCODE);
    const row = (what: string, pairs: Pair[], bound: number) => {
      const ratio = spread(pairs.map(({ oursMs, naiveMs }) => oursMs / naiveMs));
      return bounded({ case: 'throttled', what }, { ...ratio, value: ratio.median }, bound, '', 3);
    };
    return {
      rows: [
        row('200 MB at 200 Mbit/s, encoded to 480p / naive service', encode, 0.7),
        row('the same, copied / naive service', copy, 0.55),
      ],
      raw: { copy, encode },
      notes: notesOf(source),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await bench.close();
    await Promise.all([origin.close(), sink.close(), store.close()]);
  }
}

interface Pair {
  oursMs: number;
  naiveMs: number;
}

async function naivePairs(
  bench: Bench,
  task: { origin: Origin; sink: string; folder: string; name: string; request: object },
  { pairs, progress }: CaseOptions,
): Promise<Pair[]> {
  const { origin, sink, folder, name, request } = task;
  const [input, output] = [join(folder, 'input'), join(folder, 'output.mp4')];
  const measured: Pair[] = [];
  for (let index = 0; index <= pairs; index += 1) {
    progress(`${name}: ${index === 0 ? 'warm-up' : `pair ${index} of ${pairs}`}`);
    const { ms: oursMs, id } = await timedJob(bench, origin, request);
    const args = forFiles(fromFile((await bench.ranAs(id)).args), input, output);
    const naiveMs = await runNaive({ source: origin.url, args, input, output, sink });
    if (index > 0) measured.push({ oursMs, naiveMs });
  }
  return measured;
}

/** Converts the arguments of a job with a streamed source to arguments for the source as a file. */
export function fromFile(args: readonly string[]): string[] {
  return args.map((arg) => (arg === 'pipe:0' ? '/in/0' : arg === 'pipe' ? 'file' : arg));
}

/** Measures a picture from the middle of an hour of video on another server. */
export async function poster(options: CaseOptions): Promise<CaseResult> {
  return readRemotely('poster', await sourceHour(options.progress), POSTER, options, {
    what: 'picture at minute 30 of a remote hour',
    share: 0.05,
    ms: 1000,
  });
}

/** Measures a copy of a file with all video before all audio. FFmpeg's own HTTP client fetches such a file sixteen times. */
export async function interleaved(options: CaseOptions): Promise<CaseResult> {
  return readRemotely('interleaved', await sourceNotInterleaved(options.progress), COPY, options, {
    what: 'copy of 200 MB that are not interleaved',
    share: 1.02,
    ms: null,
  });
}

async function readRemotely(
  name: string,
  source: Source,
  request: object,
  { pairs, progress }: CaseOptions,
  bar: { what: string; share: number; ms: number | null },
): Promise<CaseResult> {
  const origin = await openOrigin(source.path, LINK);
  const bench = await openBench(FETCH);
  try {
    const { size } = await stat(source.path);
    const runs: { ms: number; share: number; requests: number }[] = [];
    for (let index = 0; index <= pairs; index += 1) {
      progress(`${index} of ${pairs}`);
      Object.assign(origin.seen, { requests: 0, bytes: 0 });
      const { ms } = await timedJob(bench, origin, request);
      if (index > 0) runs.push({ ms, share: origin.seen.bytes / size, requests: origin.seen.requests });
    }
    const [time, share] = [spread(runs.map(({ ms }) => ms)), spread(runs.map((run) => run.share))];
    const row = (what: string) => ({ case: name, what });
    return {
      rows: [
        bounded(row(`${bar.what}, POST to end`), { ...time, value: time.median }, bar.ms, 'ms', 0),
        bounded(row('bytes fetched / size'), { ...share, value: share.median }, bar.share, '', 3),
      ],
      raw: { runs, size },
      notes: notesOf(source),
    };
  } finally {
    await bench.close();
    await origin.close();
  }
}

async function timedJob(bench: Bench, origin: Origin, request: object): Promise<{ ms: number; id: string }> {
  const began = performance.now();
  const { id } = await bench.create({ inputs: [{ url: origin.url }], ...request });
  await bench.completed(id);
  return { ms: performance.now() - began, id };
}

function notesOf({ synthetic }: Source): string[] {
  return synthetic.map((clip) => `test pattern instead of ${clip}: not installed`);
}
