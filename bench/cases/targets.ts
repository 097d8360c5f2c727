import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readHead } from '../../src/attempt/media/read-head.ts';
import type { TranscodeRequest } from '../../src/contract/transcode-request.ts';
import {
  chooseCrf,
  chooseSamples,
  closerCrfs,
  correctTargets,
  detectMedia,
  estimateResourceClass,
  FigureList,
  figuresName,
  nextCrfs,
  type Plan,
  type PlanInput,
  type PlannedFile,
  type Point,
  parseProbe,
  planTranscode,
  probeArgs,
  sampleArgs,
  withCrf,
} from '../../src/ffmpeg/index.ts';
import type { RealClip } from '../lib/real-clips.ts';
import { bounded, type CaseOptions, type CaseResult, type Row } from '../lib/result.ts';
import { runWell } from '../lib/run.ts';
import { unlikeClips } from '../lib/unlike-clips.ts';

const TARGET = { metric: 'ssim' as const, atLeast: 0.98, maxBitRate: null };
const CORES = 2;

interface Outcome {
  crf: number;
  /** SSIM of the first encode and of the stored encode, measured by a separate run of FFmpeg. */
  first: number;
  ssim: number;
  encodes: number;
  bytes: number;
  highBytes: number;
  searchCpu: number;
  encodeCpu: number;
}

/** Measures whether unlike clips reach the target `ssim` 0.98, their bytes compared with the preset `high`, and the cost of the search. */
export async function targets({ progress, report }: CaseOptions): Promise<CaseResult> {
  const clips = await unlikeClips(progress);
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  const outcomes: Record<string, Outcome> = {};
  try {
    for (const clip of clips) {
      progress(clip.name);
      const outcome = await reachTarget(folder, clip);
      outcomes[clip.name] = outcome;
      report(`${clip.name}: ${JSON.stringify(outcome)}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { rows: rowsOf(outcomes), raw: outcomes };
}

async function reachTarget(folder: string, clip: RealClip): Promise<Outcome> {
  const input = await inspect(clip.path);
  const host = (args: readonly string[]) =>
    args.map((arg) =>
      /^\/(in|out)\//.test(arg) && arg !== '/in/0' ? join(folder, basename(arg)) : hostGraph(arg, folder),
    );
  const run = async (args: readonly string[]) =>
    (
      await runWell(
        'ffmpeg',
        host(args).map((arg) => (arg === '/in/0' ? clip.path : arg)),
      )
    ).cpuSeconds;
  const high = planOf(input, { preset: { quality: 'high' } });
  await run(high.args);
  const highBytes = (await stat(join(folder, 'output.mp4'))).size;

  const plan = planOf(input, { target: TARGET });
  const { searchCpu, samples } = await search(folder, plan, run);
  const output = plan.outputs[0] as PlannedFile;
  const crf = chooseCrf(output.quality!.target!.encoder, TARGET, samples);
  let command = withCrf(plan, new Map([[output.path, crf]]));
  const encodeCpu = await run(command.args);
  const path = join(folder, 'output.mp4');
  const first = await similarity(path, clip.path);
  const figures = { size: (await stat(path)).size, figures: [{ metric: 'ssim' as const, mean: first, p1: first }] };
  const better = correctTargets(command, new Map([[0, figures]]), new Map([[0, samples]]));
  if (better) await run(better.args);
  command = better ?? command;
  const bytes = (await stat(path)).size;
  const ssim = better ? await similarity(path, clip.path) : first;
  return { crf, first, ssim, encodes: better ? 2 : 1, bytes, highBytes, searchCpu, encodeCpu };
}

async function search(folder: string, plan: Plan, run: (args: readonly string[]) => Promise<number>) {
  const { source, target } = (plan.outputs[0] as PlannedFile).quality!;
  const samples: Point[][] = [];
  let searchCpu = 0;
  for (const sample of chooseSamples(source)) {
    const points: Point[] = [];
    let crfs: number[] | null = nextCrfs(target!.encoder, target!, samples);
    for (let round = 0; crfs && round < 2; round++) {
      searchCpu += await run(sampleArgs(source, target!, sample, crfs));
      for (const [index, crf] of crfs.entries()) {
        const list = new FigureList(TARGET.metric);
        const text = await readFile(join(folder, figuresName(TARGET.metric, index)), 'latin1');
        for (const line of text.split('\n')) list.add(line);
        points.push({ crf, quality: list.result()!.mean });
      }
      crfs = closerCrfs(target!.encoder, target!, [...samples, points]);
    }
    samples.push(points);
  }
  return { searchCpu, samples };
}

/** Replaces the paths of files that a filter names. */
function hostGraph(arg: string, folder: string): string {
  return arg.replaceAll('stats_file=/out/', `stats_file=${folder}/`);
}

async function inspect(path: string): Promise<PlanInput> {
  const { head, size } = await readHead(path);
  const { demuxer } = (await detectMedia(head))!;
  const { stdout } = await runWell('ffprobe', probeArgs({ path, demuxer }));
  return { path: '/in/0', demuxer, info: parseProbe(stdout, { sizeBytes: size, demuxer }) };
}

function planOf(input: PlanInput, fields: Partial<TranscodeRequest>): Plan {
  const request = { inputs: [{ url: 'gs://bench/clip' }], outputFormat: 'mp4' as const, ...fields };
  return planTranscode(request, [input], { resourceClass: estimateResourceClass(request, [input.info]), cores: CORES });
}

/** Returns the SSIM of all planes. Compares frame by frame, regardless of the times of the frames. */
async function similarity(output: string, source: string): Promise<number> {
  const counted = 'settb=1/1000,setpts=N,format=yuv420p';
  const graph = `[0:v]${counted}[a];[1:v]${counted}[b];[a][b]ssim=shortest=1`;
  const args = ['-nostdin', '-v', 'info', '-i', output, '-i', source, '-lavfi', graph, '-an', '-f', 'null', '-'];
  const { stderr } = await runWell('ffmpeg', args);
  return Number(/All:([\d.]+)/.exec(stderr)?.[1]);
}

function rowsOf(outcomes: Readonly<Record<string, Outcome>>): Row[] {
  const all = Object.values(outcomes);
  const mean = (of: (outcome: Outcome) => number) => all.reduce((sum, one) => sum + of(one), 0) / all.length;
  const row = (what: string) => ({ case: 'targets', what });
  const each = Object.entries(outcomes).map(([name, one]) => ({
    ...row(name),
    value: `CRF ${one.crf}, SSIM ${one.ssim.toFixed(4)}, ${one.encodes} encodes, bytes / high ${(one.bytes / one.highBytes).toFixed(2)}, search / encode ${(one.searchCpu / one.encodeCpu).toFixed(3)}`,
  }));
  const share =
    all.reduce((sum, { searchCpu }) => sum + searchCpu, 0) / all.reduce((sum, one) => sum + one.encodeCpu, 0);
  return [
    bounded(
      row(`clips of ${all.length} below SSIM 0.98`),
      { value: all.filter(({ ssim }) => ssim < 0.98).length },
      0,
      '',
      0,
    ),
    bounded(row('bytes / preset high, mean'), { value: mean((one) => one.bytes / one.highBytes) }, 0.8, '', 2),
    bounded(row('CPU of the search / of the encode'), { value: share }, 0.15, '', 3),
    bounded(
      row('clips that were encoded twice'),
      { value: all.filter(({ encodes }) => encodes > 1).length },
      null,
      '',
      0,
    ),
    ...each,
  ];
}
