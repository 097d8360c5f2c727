import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialiseGraph } from '../../src/ffmpeg/policy/filters/index.ts';
import type { CheckedGraph, PadKind } from '../../src/ffmpeg/policy/filters/types.ts';
import { run } from '../../testkit/run.ts';

const SOURCE: Record<PadKind, string> = { v: 'testsrc2=s=64x48:r=10:d=0.3', a: 'sine=d=0.3' };
/** Messages that FFmpeg writes if it does not understand a text. Messages about unsuitable pictures or sound are not included. */
const NOT_UNDERSTOOD =
  /Option not found|No such filter|No option name near|Unable to parse|Undefined constant|Unknown function|Missing '\)'|Invalid chars|Unrecognized option|out of range \[|Error parsing (?!global|or evaluating)|Error applying option|Missing .*input|Error setting option|cannot be used|Value .* for parameter/i;
/** Limit of address space, so that a filter that scales to a large size does not exhaust the memory of this machine. */
const MEMORY = '--as=3221225472';
const TIMEOUT_MS = 4000;

/** Returns null unless FFmpeg does not understand the graph. Otherwise returns the graph and the first three lines of FFmpeg's message. */
export async function startsInFfmpeg(graph: CheckedGraph): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-fuzz-'));
  try {
    const text = serialiseGraph(graph, {
      asset: (index) => placeAsset(folder, graph, index),
      inputs: graph.inputs.map((_, index) => `${index}:0`),
      outputs: graph.outputs.map((_, index) => `out${index}`),
    });
    const inputs = graph.inputs.flatMap(({ kind }) => ['-f', 'lavfi', '-i', SOURCE[kind]]);
    const maps = graph.outputs.flatMap((_, index) => ['-map', `[out${index}]`]);
    const args = ['-nostdin', '-hide_banner', '-v', 'error', ...inputs, '-filter_complex', text, ...maps];
    const output = await ffmpeg([...args, '-t', '0.1', '-frames:v', '1', '-f', 'null', '-']);
    return NOT_UNDERSTOOD.test(output) ? `${text}\n    ${output.trim().split('\n').slice(0, 3).join('\n    ')}` : null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Places a file that fits the filter that names it. Returns the path of the file. */
function placeAsset(folder: string, graph: CheckedGraph, index: number): string {
  const names = (filter: CheckedGraph['chains'][number][number]) =>
    [...filter.values.values()].some((value) => value.type === 'asset' && value.asset === index);
  const filter = graph.chains.flat().find(names)?.spec.name ?? '';
  const kind = graph.assets[index]?.kind;
  const path = join(folder, `asset-${index}.${kind === 'lut' ? 'cube' : filter === 'ass' ? 'ass' : 'srt'}`);
  if (kind === 'font') return '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf';
  if (kind === 'media' || kind === 'picture') return sampleMedia();
  if (kind === 'lut') {
    const flat = filter === 'lut1d' ? 'LUT_1D_SIZE 2\n0 0 0\n1 1 1\n' : `LUT_3D_SIZE 2\n${'0 0 0\n'.repeat(8)}`;
    writeFileSync(path, flat);
  } else writeFileSync(path, filter === 'ass' ? ASS : SRT);
  return path;
}

const SRT = '1\n00:00:00,000 --> 00:00:01,000\na\n';
const ASS = `[Script Info]
ScriptType: v4.00+

[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.00,0:00:01.00,Default,a
`;
let media: string | null = null;

/** Creates pictures and sound once for the process. Returns their folder. */
function sampleMedia(): string {
  if (media) return media;
  const folder = mkdtempSync(join(tmpdir(), 'airlock-fuzz-media-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  media = join(folder, 'media.mkv');
  const sources = ['-f', 'lavfi', '-i', SOURCE.v, '-f', 'lavfi', '-i', SOURCE.a];
  execFileSync('ffmpeg', ['-v', 'error', ...sources, '-c:v', 'mpeg4', '-c:a', 'pcm_s16le', media]);
  return media;
}

async function ffmpeg(args: string[]): Promise<string> {
  const limits = [MEMORY, '--core=0', 'ffmpeg'];
  const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
  const { stderr } = await run('/usr/bin/prlimit', [...limits, ...args], options).catch((error) => error);
  return stderr;
}
