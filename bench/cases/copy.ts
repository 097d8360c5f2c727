import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largeCopyRows } from '../lib/large-copy.ts';
import { sourceFitting } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { runWell } from '../lib/run.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { spread } from '../lib/statistics.ts';

interface Pair {
  /** Milliseconds from sending the POST to receiving the finished job. */
  oursMs: number;
  plainMs: number;
}

/** Maximum number of pairs. Few pairs are enough, because the ratio is far from its bound. Plain `ffmpeg` encodes for most of a minute. */
const MAX_PAIRS = 2;

/**
 * Measures a copy of a large file, and a job on an input that satisfies its preset, from the POST to its end. The job is compared with
 * plain `ffmpeg`, which encodes the input again. Takes less than three minutes after the sources have been made.
 */
export async function copy({ pairs, progress, report }: CaseOptions): Promise<CaseResult> {
  const source = await sourceFitting(progress);
  const bench = await openBench();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  const measured: Pair[] = [];
  let large: Awaited<ReturnType<typeof largeCopyRows>>;
  try {
    large = await largeCopyRows(bench, folder, { pairs, progress, report });
    const url = await bench.upload(source.path);
    await copyOnce(bench, url);
    const count = Math.min(pairs, MAX_PAIRS);
    for (let index = 1; index <= count; index += 1) {
      progress(`60 s against a re-encode: pair ${index} of ${count}`);
      const oursMs = await copyOnce(bench, url);
      const args = ['-nostdin', '-y', '-v', 'error', '-i', source.path, join(folder, 'plain.mp4')];
      const plain = await runWell('ffmpeg', args);
      measured.push({ oursMs, plainMs: plain.wallMs });
      report(`copy: 60 s ${oursMs.toFixed(0)} ms, re-encode ${plain.wallMs.toFixed(0)} ms`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    await bench.close();
  }
  const ratio = spread(measured.map(({ oursMs, plainMs }) => oursMs / plainMs));
  const ours = spread(measured.map(({ oursMs }) => oursMs));
  const row = (what: string) => ({ case: 'copy', what: `60 s 1080p that satisfies the preset: ${what}` });
  return {
    rows: [
      bounded(row('POST to end / plain re-encode'), { ...ratio, value: ratio.median }, 0.03, '', 4),
      bounded(row('POST to end'), { ...ours, value: ours.median }, null, 'ms', 0),
      ...large.rows,
    ],
    raw: { measured, ...large.raw },
    notes: source.synthetic.map((clip) => `test pattern instead of ${clip}: not installed`),
  };
}

/** Runs one job, and returns its milliseconds. Throws unless the job copied both streams. */
async function copyOnce(bench: Bench, url: string): Promise<number> {
  const began = performance.now();
  const { id } = await bench.create({ inputs: [{ url }], outputFormat: 'mp4', preset: { quality: 'medium' } });
  const job = await bench.completed(id);
  const took = performance.now() - began;
  const { plan } = job.outputs[0]!;
  if (plan?.video?.mode !== 'copied' || plan.audio?.mode !== 'copied') {
    throw new Error(`the streams were not copied: ${JSON.stringify(plan)}`);
  }
  return took;
}
