import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { source1080Short } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { runWell } from '../lib/run.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { spread } from '../lib/statistics.ts';

const LADDER = [{ height: 1080 }, { height: 720 }, { height: 540 }, { height: 360 }];
/** Maximum time, as a share of the time of separate commands. The job decodes once instead of four times, with the same encoders. */
const MAX_SHARE = 0.7;

/**
 * Measures a ladder of four renditions of 20 s of 1080p, from the POST to its end. The ladder is compared with plain `ffmpeg`, run four
 * times with the arguments that the worker used for each rendition, and run once with the arguments of all renditions, which decodes the
 * source once. The audio is encoded once.
 */
export async function ladder({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const { path: file, synthetic } = await source1080Short(progress);
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
    const row = (what: string) => ({ case: 'ladder', what: `${LADDER.length} renditions of 20 s 1080p: ${what}` });
    const ratio = (of: (round: Round) => number) => {
      const { median, ...range } = spread(measured.map(of));
      return { value: median, ...range };
    };
    const bySeparate = ratio(({ oursMs, separateMs }) => oursMs / separateMs);
    return {
      rows: [
        bounded(row('POST to end / one plain ffmpeg for each'), bySeparate, MAX_SHARE, '', 3),
        bounded(
          row('one plain ffmpeg / one for each'),
          ratio(({ oneMs, separateMs }) => oneMs / separateMs),
          null,
          '',
          3,
        ),
        bounded(
          row('POST to end / one plain ffmpeg'),
          ratio(({ oursMs, oneMs }) => oursMs / oneMs),
          null,
          '',
          3,
        ),
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
  /** Milliseconds of a process for each rendition, one after the other. */
  separateMs: number;
  /** Milliseconds of one process that makes all renditions. */
  oneMs: number;
}

async function runRound(bench: Bench, url: string, file: string, folder: string): Promise<Round> {
  const began = performance.now();
  const { id } = await bench.create({ inputs: [{ url }], outputFormat: 'hls', ladder: LADDER });
  await bench.completed(id);
  const oursMs = performance.now() - began;
  const { args } = await bench.ranAs(id);
  const { head, outputs } = splitOutputs(args, file, folder);
  let separateMs = 0;
  const [first, ...others] = outputs.slice(0, LADDER.length) as [string[], ...string[][]];
  const sound = outputs[LADDER.length] ?? [];
  for (const output of [[...first, ...sound], ...others])
    separateMs += (await runWell('ffmpeg', [...head, ...output])).wallMs;
  const one = await runWell('ffmpeg', [...head, ...outputs.flat()]);
  return { oursMs, separateMs, oneMs: one.wallMs };
}

/** Returns the command up to its input, and the arguments of each output, with `file` as input and outputs in `folder`. */
function splitOutputs(args: readonly string[], file: string, folder: string): { head: string[]; outputs: string[][] } {
  const at = args.indexOf('-i') + 2;
  const head = args.slice(0, at).map((argument) => (argument === '/in/0' ? file : argument));
  const outputs: string[][] = [[]];
  for (const argument of args.slice(at)) {
    const isFile = argument.startsWith('/out/');
    outputs.at(-1)!.push(isFile ? join(folder, basename(argument)) : argument);
    if (isFile) outputs.push([]);
  }
  return { head, outputs: outputs.slice(0, -1) };
}
