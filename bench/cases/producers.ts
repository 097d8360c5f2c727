import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { planJob } from '../../src/ffmpeg/index.ts';
import { inspect } from '../../testkit/inspect-media.ts';
import { sourceMoving } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { runWell } from '../lib/run.ts';
import { spread } from '../lib/statistics.ts';

const HEIGHTS = [720, 480, 360];
/** Number of cores that a plan assumes, as in the case `presets`. */
const CORES = 2;
const BOUND_THREE = 0.85;
const BOUND_ONE = 1.05;

/**
 * Measures three sizes of 20 s of 720p, as the planner makes them from one decode. They are compared with plain `ffmpeg`, run three times
 * and run once with three outputs. The three variants run in turns.
 */
export async function producers({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const { path: file, synthetic } = await sourceMoving();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  try {
    const planned = await plannedArgs(file, folder);
    const measured: Round[] = [];
    for (let index = 0; index <= pairs; index += 1) {
      progress(index === 0 ? 'warm-up' : `round ${index} of ${pairs}`);
      const round = await runRound(planned, file, folder);
      if (index > 0) measured.push(round);
    }
    const row = (what: string) => ({ case: 'producers', what: `${HEIGHTS.length} sizes from one decode: ${what}` });
    const ratio = (to: (round: Round) => number) => {
      const { median, ...range } = spread(measured.map((round) => round.oursMs / to(round)));
      return { value: median, ...range };
    };
    return {
      rows: [
        bounded(
          row('time / three plain ffmpeg'),
          ratio(({ threeMs }) => threeMs),
          BOUND_THREE,
          '',
          3,
        ),
        bounded(
          row('time / one plain ffmpeg with three outputs'),
          ratio(({ oneMs }) => oneMs),
          BOUND_ONE,
          '',
          3,
        ),
      ],
      raw: { rounds: measured },
      notes: synthetic.map((clip) => `test pattern instead of ${clip}: not installed`),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Round {
  oursMs: number;
  threeMs: number;
  oneMs: number;
}

/** Returns the arguments of the only command of a job with the three sizes. */
async function plannedArgs(file: string, folder: string): Promise<string[]> {
  const input = { ...(await inspect(file)), path: '/in/0' };
  const outputs = HEIGHTS.map((height) => ({
    outputFormat: 'mp4' as const,
    options: Object.entries(encoderOf(height)).map(([option, argument]) => ({ option, argument })),
  }));
  const request = { inputs: [{ url: 'gs://bench/source' }], outputs };
  const { commands } = planJob(request, [input], { resourceClass: 'heavy', cores: CORES });
  if (commands.length !== 1) throw new Error('the sizes do not share a decode');
  return commands[0]!.args.map((argument) =>
    argument === '/in/0' ? file : argument.startsWith('/out/') ? join(folder, basename(argument)) : argument,
  );
}

async function runRound(planned: string[], file: string, folder: string): Promise<Round> {
  const plain = (...outputs: string[]) => runWell('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', file, ...outputs]);
  const outputOf = (height: number) => [...Object.entries(encoderOf(height)).flat(), join(folder, `${height}.mp4`)];
  const { wallMs: oursMs } = await runWell('ffmpeg', planned);
  let threeMs = 0;
  for (const height of HEIGHTS) threeMs += (await plain(...outputOf(height))).wallMs;
  const { wallMs: oneMs } = await plain(...HEIGHTS.flatMap(outputOf));
  return { oursMs, threeMs, oneMs };
}

function encoderOf(height: number): Record<string, string> {
  return { '-vf': `scale=-2:${height}`, '-c:v': 'libx264', '-preset': 'veryfast', '-crf': '23' };
}
