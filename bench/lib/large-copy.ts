import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceLargeCopy } from './media.ts';
import { forgetPeaks, type PeakMemory, peaksOf } from './processes.ts';
import { bounded, type CaseOptions, type CaseResult } from './result.ts';
import { runWell } from './run.ts';
import type { Bench } from './service.ts';
import { spread } from './statistics.ts';

const COPY = [
  { option: '-c', argument: 'copy' },
  { option: '-movflags', argument: '+faststart' },
];
/** Roles through which the bytes of a job can pass. */
const ROLES = ['worker', 'gateway'];

interface Pair {
  /** Milliseconds from sending the POST to receiving the finished job. */
  oursMs: number;
  /** Milliseconds of copying in, `ffmpeg`, and copying out. */
  plainMs: number;
  peaks: PeakMemory[];
}

/** Maximum number of rounds after the warm-up. A round takes about ten seconds. */
const MAX_PAIRS = 5;

/** Measures a copy of 521 MB in storage, compared with copying the file, running `ffmpeg` on the copy, and copying its output. */
export async function largeCopyRows(
  bench: Bench,
  folder: string,
  { pairs, progress, report }: Pick<CaseOptions, 'pairs' | 'progress' | 'report'>,
): Promise<Pick<CaseResult, 'rows' | 'raw'>> {
  const source = await sourceLargeCopy(progress);
  const url = await bench.upload(source.path);
  const measured: Pair[] = [];
  const count = Math.min(pairs, MAX_PAIRS);
  for (let index = 0; index <= count; index += 1) {
    progress(index === 0 ? 'large copy: warm-up' : `large copy: pair ${index} of ${count}`);
    const pair = { ...(await copyLarge(bench, url)), plainMs: await copyPlain(folder, source.path) };
    const [ours, plain] = [pair.oursMs, pair.plainMs].map((ms) => ms.toFixed(0));
    report(`copy: 521 MB ${ours} ms, copied in, by ffmpeg and out ${plain} ms${index === 0 ? ' (warm-up)' : ''}`);
    if (index > 0) measured.push(pair);
  }
  const row = (what: string) => ({ case: 'copy', what: `copy of 521 MB: ${what}` });
  const values = (numbers: number[]) => ({ ...spread(numbers), value: spread(numbers).median });
  const largest = measured.map(({ peaks }) => Math.max(...peaks.map(({ rss }) => rss)));
  return {
    rows: [
      bounded(
        row('POST to end / copy in, ffmpeg, copy out'),
        values(measured.map(({ oursMs, plainMs }) => oursMs / plainMs)),
        1.3,
        '',
        2,
      ),
      bounded(row('POST to end'), values(measured.map(({ oursMs }) => oursMs)), null, 'ms', 0),
      bounded(row('copy in, ffmpeg, copy out'), values(measured.map(({ plainMs }) => plainMs)), null, 'ms', 0),
      bounded(row('peak RSS of worker or gateway'), values(largest), 250, 'MiB', 0),
    ],
    raw: { large: measured },
  };
}

async function copyLarge(bench: Bench, url: string): Promise<Omit<Pair, 'plainMs'>> {
  const pids = ROLES.flatMap((role) => bench.service.pids(role));
  forgetPeaks(pids);
  const began = performance.now();
  const { id } = await bench.create({ inputs: [{ url }], outputFormat: 'mp4', options: COPY });
  await bench.completed(id);
  const oursMs = performance.now() - began;
  return { oursMs, peaks: peaksOf(pids) };
}

async function copyPlain(folder: string, source: string): Promise<number> {
  const [copied, made, stored] = ['in.mp4', 'made.mp4', 'stored.mp4'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const began = performance.now();
  await runWell('cp', [source, copied]);
  const options = ['-nostdin', '-y', '-v', 'error', '-i', copied, '-c', 'copy', '-movflags', '+faststart'];
  await runWell('ffmpeg', [...options, made]);
  await runWell('cp', [made, stored]);
  const took = performance.now() - began;
  for (const path of [copied, made, stored]) await rm(path, { force: true });
  return took;
}
