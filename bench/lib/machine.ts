import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { runWell } from './run.ts';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  node: string;
  ffmpeg: string;
  airlock: string;
  /** Load averages over 1, 5 and 15 minutes before the first case. */
  load: number[];
}

export async function describeMachine(): Promise<Machine> {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
  const version = await runWell('ffmpeg', ['-version']);
  return {
    cpu: cpus()[0]?.model.trim() ?? arch(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release().split('-')[0]!,
    node: process.version,
    ffmpeg: /^ffmpeg version (\S+)/.exec(version.stdout)?.[1] ?? 'unknown',
    airlock: (JSON.parse(text) as { version: string }).version,
    load: loadavg().map((value) => Math.round(value * 100) / 100),
  };
}

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryGiB, kernel, node, ffmpeg, airlock, load } = machine;
  return `${cores} x ${cpu}, ${memoryGiB} GiB, Linux ${kernel}; Node ${node}, FFmpeg ${ffmpeg}, Airlock ${airlock}; load ${load.join(' ')}`;
}
