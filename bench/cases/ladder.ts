import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forFiles, sourceMoving } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { runWell } from '../lib/run.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { spread } from '../lib/statistics.ts';

const HEIGHTS = [720, 480, 360];
const ENCODER = { '-c:v': 'libx264', '-preset': 'veryfast', '-crf': '23' };

/**
 * Three sizes of 20 s of 720p from one upload, as a batch of three jobs, since a job has one output: POST to the end of
 * the last, against plain `ffmpeg` three times with the same arguments, and once with three outputs, which decodes the
 * source once.
 */
export async function ladder({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const { path: file, synthetic } = await sourceMoving();
  const bench = await openBench();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  try {
    const url = await bench.upload(file);
    const measured: Round[] = [];
    for (let index = 0; index <= pairs; index += 1) {
      progress(index === 0 ? 'warm-up' : `round ${index} of ${pairs}`);
      const round = await runRound(bench, url, file, folder);
      if (index > 0) measured.push(round);
    }
    const row = (what: string) => ({ case: 'ladder', what: `${HEIGHTS.length} sizes: ${what}` });
    const ratio = (to: (round: Round) => number) => {
      const { median, ...range } = spread(measured.map((round) => round.oursMs / to(round)));
      return { value: median, ...range };
    };
    const byThree = ratio(({ threeMs }) => threeMs);
    const byOne = ratio(({ oneMs }) => oneMs);
    return {
      rows: [
        bounded(row('POST to the last end / three plain ffmpeg'), byThree, null, '', 3),
        bounded(row('POST to the last end / one plain ffmpeg with three outputs'), byOne, null, '', 3),
      ],
      raw: { rounds: measured },
      notes: synthetic.map((clip) => `test pattern instead of ${clip}: not installed`),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await bench.close();
  }
}

interface Round {
  oursMs: number;
  /** Three processes, one after the other. */
  threeMs: number;
  /** One process with three outputs. */
  oneMs: number;
}

async function runRound(bench: Bench, url: string, file: string, folder: string): Promise<Round> {
  const jobs = HEIGHTS.map((height) => ({
    inputs: [{ url }],
    outputFormat: 'mp4',
    options: Object.entries(encoderOf(height)).map(([option, argument]) => ({ option, argument })),
  }));
  const began = performance.now();
  const batch = await bench.call('POST', '/v1/transcodes/batch', { jobs });
  if (batch.status !== 201 || batch.json.accepted !== jobs.length) throw new Error(`the batch: ${batch.text}`);
  const ids: string[] = batch.json.items.map((item: { job: { id: string } }) => item.job.id);
  await Promise.all(ids.map((id) => bench.completed(id)));
  const oursMs = performance.now() - began;
  let threeMs = 0;
  for (const id of ids) {
    const { args } = await bench.ranAs(id);
    threeMs += (await runWell('ffmpeg', forFiles(args, file, join(folder, `${id}.mp4`)))).wallMs;
  }
  const outputs = HEIGHTS.flatMap((height) => [
    ...Object.entries(encoderOf(height)).flat(),
    join(folder, `${height}.mp4`),
  ]);
  const one = await runWell('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', file, ...outputs]);
  return { oursMs, threeMs, oneMs: one.wallMs };
}

function encoderOf(height: number): Record<string, string> {
  return { '-vf': `scale=-2:${height}`, ...ENCODER };
}
