import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDataDir } from '../../testkit/data-directory.ts';
import { cpuSeconds, processTree } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { spread } from '../lib/statistics.ts';

const STARTS = 5;
const LIMIT_MS = 60_000;

/** `./airlock up` on an existing data directory, from spawn to ready.json. The build is current. */
export async function startup(options: CaseOptions): Promise<CaseResult> {
  const dataDir = await makeDataDir();
  const wall: number[] = [];
  const cpu: number[] = [];
  try {
    for (let index = 0; index <= STARTS; index += 1) {
      options.progress(index === 0 ? 'first start, makes the data directory' : `start ${index} of ${STARTS}`);
      const began = performance.now();
      const child = spawn(join(import.meta.dirname, '..', '..', 'airlock'), ['up'], {
        env: {
          ...process.env,
          AIRLOCK_DATA_DIR: dataDir,
          AIRLOCK_PORT: '0',
          AIRLOCK_STORAGE_PORT: '0',
          AIRLOCK_METRICS_PORT: '0',
        },
        stdio: 'ignore',
      });
      await ready(child, join(dataDir, 'ready.json'));
      const ms = performance.now() - began;
      const seconds = cpuSeconds(processTree(child.pid!));
      await stop(child);
      if (index === 0) continue;
      wall.push(ms / 1000);
      cpu.push(seconds);
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
  const row = (what: string) => ({ case: 'startup', what });
  const [walls, cpus] = [spread(wall), spread(cpu)];
  return {
    rows: [
      bounded(row(`./airlock up to ready.json, median of ${STARTS}`), { ...walls, value: walls.median }, 1.5, 's', 2),
      bounded(row('CPU seconds until then'), { ...cpus, value: cpus.median }, null, 's', 2),
    ],
    raw: { wallSeconds: wall, cpuSeconds: cpu },
  };
}

async function ready(child: ChildProcess, file: string): Promise<void> {
  const until = Date.now() + LIMIT_MS;
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new Error(`./airlock up ended with ${child.exitCode}`);
    if (Date.now() > until) throw new Error(`./airlock up was not ready after ${LIMIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
