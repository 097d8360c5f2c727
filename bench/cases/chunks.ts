import { source1080, source1080Long } from '../lib/media.ts';
import { processTree } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { runWell } from '../lib/run.ts';
import { type Bench, openBench } from '../lib/service.ts';

/** Number of slots, of one thread each, that share a video. This machine must have at least this number of cores. */
const SLOTS = 2;
/** Maximum time, as a multiple of the time that these slots need at best: at least 0.9 times the possible speed. */
const MAX_SHARE = 1 / 0.9;
/** Maximum time for a ladder, as a share of its time on one core. The slots do not share the packaging. */
const MAX_LADDER_SHARE = 0.6;
const VIDEO = {
  outputFormat: 'mp4',
  options: [
    { option: '-crf', argument: '23' },
    { option: '-preset', argument: 'veryfast' },
  ],
};
const LADDER = { outputFormat: 'hls', ladder: [{ height: 1080 }, { height: 720 }, { height: 540 }, { height: 360 }] };

/** Measures a long video, from the POST to its end, unsplit on one core and in pieces in two slots of one thread each. */
export async function chunks({ progress }: CaseOptions): Promise<CaseResult> {
  const source = await source1080(progress);
  const { complete, pieces } = await compare(source.path, VIDEO, progress);
  const row = (what: string) => ({ case: 'chunks', what: `60 s 1080p: ${what}` });
  return {
    rows: [
      bounded(row('in one piece on one core'), { value: complete.ms }, null, 'ms', 0),
      bounded(row(`in ${SLOTS} slots of one thread`), { value: pieces.ms }, null, 'ms', 0),
      bounded(
        row(`${SLOTS} slots × their time / time on one core`),
        { value: (SLOTS * pieces.ms) / complete.ms },
        MAX_SHARE,
        '',
        2,
      ),
    ],
    raw: { complete, pieces },
    notes: source.synthetic.map((clip) => `test pattern instead of ${clip}: not installed`),
  };
}

/** Measures a ladder of four renditions of two minutes in the same way. */
export async function ladderChunks({ progress }: CaseOptions): Promise<CaseResult> {
  const source = await source1080Long(progress);
  const { complete, pieces } = await compare(source.path, LADDER, progress);
  const row = (what: string) => ({ case: 'ladder-chunks', what: `ladder of 120 s 1080p: ${what}` });
  return {
    rows: [
      bounded(row('in one piece on one core'), { value: complete.ms }, null, 'ms', 0),
      bounded(row(`in ${SLOTS} slots of one thread`), { value: pieces.ms }, null, 'ms', 0),
      bounded(row('time in slots / time on one core'), { value: pieces.ms / complete.ms }, MAX_LADDER_SHARE, '', 2),
    ],
    raw: { complete, pieces },
    notes: source.synthetic.map((clip) => `test pattern instead of ${clip}: not installed`),
  };
}

async function compare(path: string, body: object, progress: CaseOptions['progress']) {
  progress('in one piece on one core');
  const complete = await encode(path, body, { AIRLOCK_WORKER_SLOTS: '1' }, async ({ service }) => {
    for (const pid of processTree(service.pid)) await runWell('taskset', ['-acp', '0', String(pid)]);
  });
  progress('in pieces');
  const slots = { AIRLOCK_WORKER_SLOTS: String(SLOTS + 1), AIRLOCK_CHUNKS: 'always' };
  const pieces = await encode(path, body, slots, async () => {});
  if (complete.pieces !== 1 || pieces.pieces !== SLOTS)
    throw new Error(`the video was cut into ${pieces.pieces} pieces`);
  return { complete, pieces };
}

async function encode(
  path: string,
  body: object,
  env: Record<string, string>,
  prepare: (bench: Bench) => Promise<void>,
): Promise<{ ms: number; pieces: number; bytes: number }> {
  const bench = await openBench(env);
  try {
    const url = await bench.upload(path);
    await prepare(bench);
    const began = performance.now();
    const job = await bench.completed((await bench.create({ inputs: [{ url }], ...body })).id);
    const ms = performance.now() - began;
    const output = job.outputs[0]!;
    return { ms, pieces: output.plan?.video?.split?.pieces ?? 1, bytes: output.size! };
  } finally {
    await bench.close();
  }
}
