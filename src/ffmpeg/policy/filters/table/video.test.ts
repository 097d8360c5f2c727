import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FilterHelp, filterHelps, inParallel, specFaults } from '../../../../../test/helpers/ffmpeg-filters.ts';
import { run } from '../../../../../testkit/run.ts';
import { readGraph, serialiseGraph } from '../index.ts';
import type { FilterSpec } from '../types.ts';
import { VIDEO_FILTERS } from './video.ts';

const FRAMESYNC = ['eof_action', 'shortest', 'repeatlast', 'ts_sync_mode'];
/** Options of the scaler behind `scale`. The useful options are also options of the filter. */
const SWSCALE = (
  'sws_flags srcw srch dstw dsth src_format dst_format src_range dst_range src_v_chr_pos src_h_chr_pos dst_v_chr_pos ' +
  'dst_h_chr_pos sws_dither gamma alphablend threads'
).split(' ');

/** Options of FFmpeg that the table leaves out, by filter. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  // These options concern a second input, which the table does not have.
  scale: [...SWSCALE, ...FRAMESYNC],
  scale2ref: SWSCALE,
  // These options only write to the log.
  thumbnail: ['log'],
  paletteuse: ['debug_kdtree'],
  // These options name files.
  curves: ['psfile', 'plot'],
  selectivecolor: ['psfile'],
  deshake: ['filename', 'opencl'],
  subtitles: ['fontsdir'],
  ass: ['fontsdir'],
  life: ['filename', 'f'],
  cellauto: ['filename', 'f', 'pattern', 'p'],
  drawtext: ['textfile', 'reload', 'fontcolor_expr', 'basetime', 'text_source', 'ft_load_flags'],
  drawbox: ['box_source'],
  // The choice of transform makes no visible difference.
  spp: ['dct', 'idct'],
  // The first bytes of a file decide its demuxer, not the caller.
  movie: 'format_name f stream_index si streams s discontinuity dec_threads format_opts'.split(' '),
};

/** Differences of rows from FFmpeg's help for which the row is right. */
const DIFFERENT: readonly RegExp[] = [
  // These options are strings that swscale reads as flags.
  /^scale(2ref)? flags: flags does not fit FFmpeg's string$/,
  // These options are bit masks whose bits have no names.
  / (planes|p): integer does not fit FFmpeg's flags$/,
  /^framerate flags: choice does not fit FFmpeg's flags$/,
  // FFmpeg reads `none` as 0 in every number.
  /^paletteuse (dither|diff_mode): FFmpeg has no value none$/,
  // This option reads the wall clock.
  /^drawtext expansion: the value strftime is missing$/,
  // This option has a third state.
  /^subtitles wrap_unicode: choice does not fit FFmpeg's boolean$/,
  // These names are numbers. The table contains them as other spellings.
  /^zscale \w+: the value (709|601|2020) is missing$/,
];

const INPUTS = 4;
const SOURCE = 'testsrc2=s=160x90:r=25:d=0.5';
let folder: string;
let assets: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'video-filters-'));
  const at = (name: string) => path.join(folder, name);
  const corners = ['0 0 0', '1 0 0', '0 1 0', '1 1 0', '0 0 1', '1 0 1', '0 1 1', '1 1 1'];
  assets = { srt: at('a.srt'), ass: at('a.ass'), look: at('look.cube'), curve: at('curve.cube'), media: at('a.mp4') };
  await writeFile(assets.srt!, '1\n00:00:00,000 --> 00:00:01,000\nHello\n');
  await writeFile(assets.look!, `LUT_3D_SIZE 2\n${corners.join('\n')}\n`);
  await writeFile(assets.curve!, 'LUT_1D_SIZE 2\n0 0 0\n1 1 1\n');
  await ffmpeg(['-i', assets.srt!, assets.ass!]);
  await ffmpeg(['-f', 'lavfi', '-i', SOURCE, '-frames:v', '3', assets.media!]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the table of video filters', () => {
  it('agrees with FFmpeg on every option: names, types, ranges, words and their numbers, order, timeline', async () => {
    const faults: string[] = [];
    const helps = await filterHelps(VIDEO_FILTERS.map(({ name }) => name));
    for (const spec of VIDEO_FILTERS) {
      const help = helps.get(spec.name)!;
      const found = [...specFaults(spec, help, LEFT_OUT[spec.name]), ...numberFaults(spec, help)];
      faults.push(...found.map((fault) => `${spec.name} ${fault}`));
    }
    expect(faults.filter((fault) => !DIFFERENT.some((pattern) => pattern.test(fault)))).toEqual([]);
  }, 120_000);

  it('has examples that FFmpeg runs after parsing and serializing', async () => {
    const batches: FilterSpec[][] = [];
    for (const [index, spec] of VIDEO_FILTERS.entries()) {
      if (index % 12 === 0) batches.push([]);
      batches.at(-1)!.push(spec);
    }
    const faults: string[] = [];
    await inParallel(batches, async (batch) => {
      if ((await runExamples(batch)) === null) return;
      // Finds the example at fault.
      for (const spec of batch) {
        const fault = await runExamples([spec]);
        if (fault !== null) faults.push(`${spec.name}: ${fault}`);
      }
    });
    expect(faults).toEqual([]);
  });

  it('names only variables and functions that FFmpeg supports in each option', async () => {
    const faults: string[] = [];
    const rows = VIDEO_FILTERS.filter((spec) => Object.values(spec.options).some(({ type }) => type === 'expression'));
    expect(rows.length).toBeGreaterThan(20);
    const [alone, together] = [
      rows.filter(({ name }) => HALTING.has(name)),
      rows.filter(({ name }) => !HALTING.has(name)),
    ];
    if ((await tryNames(together)) !== null) alone.push(...together);
    await inParallel(alone, async (spec) => {
      const unknown = await unknownNames([spec]);
      if (unknown) faults.push(`${spec.name}: ${unknown}`);
    });
    expect(faults).toEqual([]);
    const side = { type: 'expression', variables: ['iw', 'nothing'] } as const;
    const wrong: FilterSpec = { ...rows[0]!, options: { w: side, h: side } };
    expect(await unknownNames([wrong])).toContain('nothing');
  });

  it('has a sentence, a unique name and existing required options for every row', () => {
    expect(VIDEO_FILTERS.length).toBeGreaterThan(200);
    expect(new Set(VIDEO_FILTERS.map((spec) => spec.name)).size).toBe(VIDEO_FILTERS.length);
    for (const spec of VIDEO_FILTERS) {
      expect(spec.doc, spec.name).toMatch(/^[A-Z].*\.$/);
      for (const required of spec.required ?? []) expect(Object.keys(spec.options), spec.name).toContain(required);
    }
  });
});

/** Returns the words of a choice that FFmpeg numbers differently. */
function numberFaults(spec: FilterSpec, help: FilterHelp): string[] {
  return Object.entries(spec.options).flatMap(([name, value]) => {
    if (value.type !== 'choice') return [];
    const numbers = help.options.find((option) => option.name === name)?.numbers ?? {};
    return Object.entries(value.aliases ?? {})
      .filter(([alias, word]) => word in numbers && (numbers[alias] ?? Number(alias)) !== numbers[word])
      .map(([alias, word]) => `${name}: ${alias} is not ${word}, which is ${numbers[word]}`);
  });
}

/**
 * Runs the examples of these filters in one FFmpeg process. Returns FFmpeg's messages, or null if there are none. If the policy rejects an
 * example, or an example has too many inputs, returns the reason instead.
 */
async function runExamples(specs: readonly FilterSpec[]): Promise<string | null> {
  const args: string[] = [];
  for (let input = 0; input < INPUTS; input++) args.push('-f', 'lavfi', '-i', SOURCE);
  for (const [index, spec] of specs.entries()) {
    const result = readGraph(spec.example);
    if (!result.ok) return result.rejections.map((rejection) => `${rejection.subject} ${rejection.reason}`).join(' ');
    const { graph } = result;
    if (graph.inputs.length > INPUTS) return `has ${graph.inputs.length} inputs`;
    const outputs = graph.outputs.map((_, output) => `g${index}_${output}`);
    const text = serialiseGraph(graph, {
      asset: (asset) => assetPath(graph.assets[asset]!.source),
      prefix: `g${index}`,
      inputs: graph.inputs.map((_, input) => `${input}:v`),
      outputs,
    });
    args.push('-filter_complex', text);
    args.push(...outputs.flatMap((label) => ['-map', `[${label}]`]), '-t', '0.6', '-f', 'null', '-');
  }
  return ffmpeg(args);
}

function assetPath(source: string): string {
  const [, name, extension] = /\/(\w+)\.(\w+)$/.exec(source) ?? [];
  return assets[name!] ?? assets[extension!] ?? assets.media!;
}

/** Filters that reject the values of the expressions below, so they run alone. */
const HALTING: ReadonlySet<string> = new Set(['scale', 'scale2ref', 'zscale', 'crop', 'pad', 'hue', 'geq']);

/** Returns FFmpeg's message about a name in the expressions of rows. */
async function unknownNames(specs: readonly FilterSpec[]): Promise<string | null> {
  return /(?:Undefined constant|Unknown function).*/.exec((await tryNames(specs)) ?? '')?.[0] ?? null;
}

/** Returns FFmpeg's messages about rows with every name in their expressions. FFmpeg also parses expressions that it never evaluates. */
async function tryNames(specs: readonly FilterSpec[]): Promise<string | null> {
  const args = [0, 1].flatMap(() => ['-f', 'lavfi', '-i', SOURCE]);
  for (const [index, spec] of specs.entries()) {
    const options = Object.entries(spec.options).flatMap(([name, value]) => {
      if (value.type !== 'expression') return [];
      const calls = Object.entries(value.functions ?? {}).map(
        ([call, count]) => `${call}(${Array(count).fill('0').join()})`,
      );
      return [`${name}='if(0,${[...value.variables, ...calls].join('+')},${name === 'start' ? 0 : 1})'`];
    });
    const extra = spec.name === 'drawtext' ? "text='x':" : spec.name === 'xfade' ? 'transition=custom:' : '';
    const inputs = Array.isArray(spec.inputs) ? spec.inputs.map((_, input) => `[${input}:v]`) : ['[0:v]'];
    const outputs = (Array.isArray(spec.outputs) ? spec.outputs : ['v']).map((_, output) => `[g${index}_${output}]`);
    args.push('-filter_complex', `${inputs.join('')}${spec.name}=${extra}${options.join(':')}${outputs.join('')}`);
    args.push(...outputs.flatMap((label) => ['-map', label]), '-frames:v', '2', '-f', 'null', '-');
  }
  return ffmpeg(args);
}

async function ffmpeg(args: readonly string[]): Promise<string | null> {
  const common = ['-hide_banner', '-nostdin', '-v', 'error'];
  return run('ffmpeg', [...common, ...args], { timeout: 30_000 }).then(
    () => null,
    (error: { stderr?: string; signal?: string }) => `${error.signal ?? ''} ${error.stderr ?? error}`,
  );
}
