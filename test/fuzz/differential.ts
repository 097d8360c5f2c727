import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialiseGraph } from '../../src/media/filters/index.ts';
import type { CheckedGraph, PadKind } from '../../src/media/filters/types.ts';

const SOURCE: Record<PadKind, string> = { v: 'testsrc2=s=64x48:r=10:d=0.3', a: 'sine=d=0.3' };
/** What FFmpeg says of a text that it does not understand, other than of a picture or a sound that does not fit. */
const NOT_UNDERSTOOD =
  /Option not found|No such filter|No option name near|Unable to parse|Undefined constant|Unknown function|Missing '\)'|Invalid chars|Unrecognized option|out of range \[|Error parsing|Error applying option|Missing .*input|Error setting option|cannot be used|Value .* for parameter/i;
/** The machine's limits, for a scale of a size that a job's cell would allow. */
const MEMORY = '--as=3221225472';
const TIMEOUT_MS = 4000;

/** Whether a graph that we accept starts in FFmpeg: null = yes, or what it says. */
export async function startsInFfmpeg(graph: CheckedGraph): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-fuzz-'));
  try {
    const text = serialiseGraph(graph, {
      asset: (index) => placeAsset(folder, graph.assets[index]?.kind ?? 'media', index),
      inputs: graph.inputs.map((_, index) => `${index}:0`),
      outputs: graph.outputs.map((_, index) => `out${index}`),
    });
    const inputs = graph.inputs.flatMap(({ kind }) => ['-f', 'lavfi', '-i', SOURCE[kind]]);
    const maps = graph.outputs.flatMap((_, index) => ['-map', `[out${index}]`]);
    const args = ['-nostdin', '-hide_banner', '-v', 'error', ...inputs, '-filter_complex', text, ...maps];
    const said = await ffmpeg([...args, '-t', '0.1', '-frames:v', '1', '-f', 'null', '-']);
    return NOT_UNDERSTOOD.test(said) ? `${text}\n    ${said.trim().split('\n').slice(0, 3).join('\n    ')}` : null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function placeAsset(folder: string, kind: string, index: number): string {
  const name = { subtitle: 'srt', lut: 'cube', font: 'ttf', picture: 'png', media: 'mkv' }[kind] ?? 'bin';
  const path = join(folder, `asset-${index}.${name}`);
  const cube = `LUT_3D_SIZE 2\n${'0 0 0\n'.repeat(8)}`;
  writeFileSync(path, kind === 'lut' ? cube : '1\n00:00:00,000 --> 00:00:01,000\na\n');
  return path;
}

function ffmpeg(args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const limits = [MEMORY, '--core=0', '/usr/bin/ffmpeg'];
    execFile(
      '/usr/bin/prlimit',
      [...limits, ...args],
      { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' },
      (_, __, stderr) => resolve(stderr),
    );
  });
}
