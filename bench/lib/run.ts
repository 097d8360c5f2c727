import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuSecondsOfChildren } from './processes.ts';

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
  wallMs: number;
  /** CPU seconds with a resolution of 10 ms. They include every child that ended during the run, so run one program at a time. */
  cpuSeconds: number;
}

/** Runs a program to its end, for at most ten minutes. */
export async function run(command: string, args: readonly string[], options: { cwd?: string } = {}): Promise<Run> {
  const cpu = cpuSecondsOfChildren();
  const began = performance.now();
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000 });
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.on('data', (chunk) => out.push(String(chunk)));
  child.stderr.on('data', (chunk) => err.push(String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const wallMs = performance.now() - began;
  return { code, stdout: out.join(''), stderr: err.join(''), wallMs, cpuSeconds: cpuSecondsOfChildren() - cpu };
}

/** Like `run`, but throws with the program's standard error if it fails. */
export async function runWell(command: string, args: readonly string[], options: { cwd?: string } = {}): Promise<Run> {
  const ended = await run(command, args, options);
  if (ended.code !== 0) throw new Error(`${command} ended with ${ended.code}: ${ended.stderr.slice(-1000)}`);
  return ended;
}

/** Runs a plain `ffmpeg` for each output, `width` at a time. `argumentsOf` gets the name of the output. */
export async function runWithXargs(
  argumentsOf: (output: string) => readonly string[],
  outputs: readonly string[],
  width: number,
): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-xargs-'));
  try {
    const list = join(folder, 'outputs');
    await writeFile(list, outputs.join('\n'));
    return await runWell('xargs', ['-a', list, '-P', String(width), '-I', '{}', 'ffmpeg', ...argumentsOf('{}')]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
