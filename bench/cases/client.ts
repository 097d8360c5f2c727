import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inParallel, toDisk } from '../lib/client.ts';
import { forFiles, sourceTiny, sourceVp9 } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { runWell, runWithXargs } from '../lib/run.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { spread } from '../lib/statistics.ts';

const PRESET = { outputFormat: 'mp4', options: [{ option: '-preset', argument: 'medium' }] };
const SHORT_FACTOR = 4;
const JOBS = 40;
/** Number of jobs that the client has in progress, and number of concurrent processes of plain `ffmpeg`. */
const CLIENT_WIDTH = 4;
const PLAIN_WIDTH = 2;

interface Pair {
  oursMs: number;
  plainMs: number;
}

/**
 * Measures the time from a client's first byte to the file on its disk, including the upload, compared with plain `ffmpeg` with the same
 * arguments.
 */
export async function client(options: CaseOptions): Promise<CaseResult> {
  const [tiny, vp9] = [await sourceTiny(), await sourceVp9(options.progress)];
  const bench = await openBench();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  try {
    const { pairs, progress } = options;
    const short = await pairsOf(bench, tiny.path, folder, {
      pairs: pairs * SHORT_FACTOR,
      name: 'a short clip',
      progress,
    });
    const long = await pairsOf(bench, vp9.path, folder, { pairs, name: '20 s of VP9', progress });
    const bulk = await bulkPairs(bench, tiny.path, folder, options);
    const row = (what: string) => ({ case: 'client', what });
    const above = spread(short.map(({ oursMs, plainMs }) => oursMs - plainMs));
    const ratio = spread(long.map(({ oursMs, plainMs }) => oursMs / plainMs));
    const many = spread(bulk.map(({ oursMs, plainMs }) => oursMs / plainMs));
    const synthetic = [...new Set([...tiny.synthetic, ...vp9.synthetic])];
    return {
      rows: [
        bounded(row('1.5 s clip, to disk - plain'), { ...above, value: above.median }, 80, 'ms', 0),
        bounded(row('20 s of 720p VP9, to disk / plain'), { ...ratio, value: ratio.median }, 1.015, '', 3),
        bounded(row(`${JOBS} tiny jobs / xargs -P2 ffmpeg`), { ...many, value: many.median }, 1.25, '', 2),
      ],
      raw: { short, long, bulk },
      notes: synthetic.map((clip) => `test pattern instead of ${clip}: not installed`),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await bench.close();
  }
}

async function pairsOf(
  bench: Bench,
  file: string,
  folder: string,
  { pairs, name, progress }: Pick<CaseOptions, 'pairs' | 'progress'> & { name: string },
): Promise<Pair[]> {
  const measured: Pair[] = [];
  for (let index = 0; index <= pairs; index += 1) {
    progress(`${name}: ${index === 0 ? 'warm-up' : `pair ${index} of ${pairs}`}`);
    const began = performance.now();
    const job = await toDisk(bench, file, PRESET, join(folder, 'ours.mp4'));
    const oursMs = performance.now() - began;
    const plain = await runWell('ffmpeg', forFiles((await bench.ranAs(job.id)).args, file, join(folder, 'plain.mp4')));
    if (index > 0) measured.push({ oursMs, plainMs: plain.wallMs });
  }
  return measured;
}

async function bulkPairs(
  bench: Bench,
  file: string,
  folder: string,
  { pairs, progress }: CaseOptions,
): Promise<Pair[]> {
  const first = await toDisk(bench, file, PRESET, join(folder, 'first.mp4'));
  const ran = await bench.ranAs(first.id);
  const measured: Pair[] = [];
  for (let index = 0; index <= pairs; index += 1) {
    progress(`${JOBS} tiny jobs: ${index === 0 ? 'warm-up' : `pair ${index} of ${pairs}`}`);
    const names = Array.from({ length: JOBS }, (_, job) => join(folder, `${job}.mp4`));
    const oursMs = await timed(() =>
      inParallel(
        names.map((name) => () => toDisk(bench, file, PRESET, name)),
        CLIENT_WIDTH,
      ),
    );
    const plain = await runWithXargs((name) => forFiles(ran.args, file, name), names, PLAIN_WIDTH);
    if (index > 0) measured.push({ oursMs, plainMs: plain.wallMs });
  }
  return measured;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
