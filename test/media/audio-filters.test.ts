import { expect, test } from 'vitest';
import { readGraph, serialiseGraph } from '../../src/ffmpeg/policy/filters/index.ts';
import { AUDIO_FILTERS } from '../../src/ffmpeg/policy/filters/table/audio.ts';
import type { CheckedGraph, FilterSpec, FilterValue } from '../../src/ffmpeg/policy/filters/types.ts';
import { run } from '../../testkit/run.ts';
import { inParallel } from '../helpers/ffmpeg-filters.ts';

const NOISE = ['-f', 'lavfi', '-i', 'anoisesrc=d=0.1:a=0.3:seed=1:r=44100,aformat=channel_layouts=stereo'];

/** Number of graphs per process, because starting FFmpeg takes longer than most of them. */
const BATCH = 48;

/** Options without which an extreme value has no effect, or needs a picture of 4K. */
const COMPANIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  aevalsrc: { '*': "exprs='sin(t)'" },
  astreamselect: { '*': 'map=1' },
  surround: { lfe_low: 'lfe_high=512', lfe_high: 'lfe_low=0' },
  dynaudnorm: { framelen: 'gausssize=3', gausssize: 'framelen=10' },
  showcqt: { basefreq: 'endfreq=100000', endfreq: 'basefreq=10' },
  showcwt: { min: 'max=192000', max: 'min=1' },
  showspectrum: { start: 'stop=192000' },
  showspectrumpic: { start: 'stop=192000' },
  afir: { ir: 'nbirs=8' },
};

/** Matches combinations of values that FFmpeg rejects with its own message. */
const REJECTED_BY_FFMPEG =
  /^(showcqt=.*_h=8192|hdcd=|showcwt=.*(max=1|min=192000)$|showspectrum(pic)?=.*start=192000|afir=.*maxir=0\.1|aselect=outputs=16)/;

function extremes(value: FilterValue): string[] {
  if (value.type === 'integer' || value.type === 'number' || value.type === 'time')
    return [value.min, value.max].map(String);
  return [];
}

function textsOf(spec: FilterSpec): string[] {
  const companions = COMPANIONS[spec.name] ?? {};
  const picture = spec.options.size?.type === 'size' ? ['size=160x96'] : [];
  const source = 'duration' in spec.options && spec.endless ? ['duration=0.2'] : [];
  return Object.entries(spec.options).flatMap(([key, value]) =>
    extremes(value).map((extreme) => {
      const rest = [...picture, ...source, companions['*'], companions[key]].filter((text) => text !== undefined);
      return `${spec.name}=${[...rest.filter((text) => !text.startsWith(`${key}=`)), `${key}=${extreme}`].join(':')}`;
    }),
  );
}

/** Parses the texts and runs the graphs. Returns their faults. */
async function faultsOf(texts: readonly string[]): Promise<string[]> {
  const graphs: CheckedGraph[] = [];
  const faults: string[] = [];
  for (const text of texts) {
    const result = readGraph(text);
    if (result.ok) graphs.push(result.graph);
    // A rule about several options may reject an extreme, but a single value within its range must be accepted.
    else if (result.rejections.some(({ reason }) => reason.startsWith('does not accept')))
      faults.push(`${text}: rejected`);
  }
  // A graph that FFmpeg rejects would fail all other graphs in its process, so it runs alone.
  const batches = graphs.filter(isRejected).map((graph) => [graph]);
  const together = graphs.filter((graph) => !isRejected(graph));
  for (let start = 0; start < together.length; start += BATCH) batches.push(together.slice(start, start + BATCH));
  await inParallel(batches, async (batch) => void faults.push(...(await runGraphs(batch))));
  return faults;
}

const isRejected = (graph: CheckedGraph): boolean =>
  REJECTED_BY_FFMPEG.test(write(graph, 0, []).replace(/\[[^\]]*\]/g, ''));

const write = (graph: CheckedGraph, index: number, outputs: readonly string[]): string =>
  serialiseGraph(graph, {
    asset: () => '',
    prefix: `g${index}`,
    inputs: graph.inputs.map(() => '0:a'),
    outputs: graph.outputs.map((_, pad) => outputs[pad] ?? `o${pad}`),
  });

/** Runs graphs in one process, each with its own output. Returns their faults. */
async function runGraphs(graphs: readonly CheckedGraph[]): Promise<string[]> {
  const outputs: string[] = [];
  const written = graphs.map((graph, index) => {
    const labels = graph.outputs.map((_, pad) => `o${index}_${pad}`);
    outputs.push(...labels);
    return write(graph, index, labels);
  });
  const args = ['-nostdin', '-v', 'error', ...NOISE, ...written.flatMap((text) => ['-filter_complex', text])];
  args.push(...outputs.flatMap((label) => ['-map', `[${label}]`, '-t', '0.3', '-f', 'null', '-']));
  const output = await run('ffmpeg', args, { timeout: 20_000, killSignal: 'SIGKILL' }).then(
    () => null,
    (error) => `${error.signal ?? error.code} ${String(error.stderr).split('\n').slice(0, 2).join(' ')}`,
  );
  if (output === null || (graphs.length === 1 && isRejected(graphs[0]!))) return [];
  if (graphs.length === 1) return [`${written[0]}: ${output}`];
  const half = graphs.length >> 1;
  return [...(await runGraphs(graphs.slice(0, half))), ...(await runGraphs(graphs.slice(half)))];
}

test('every audio filter runs with each of its numbers at the minimum and at the maximum of the range, or FFmpeg is known to reject it', async () => {
  const texts = AUDIO_FILTERS.filter(({ name }) => name !== 'amovie').flatMap(textsOf);
  expect(await faultsOf(texts)).toEqual([]);
}, 300_000);
