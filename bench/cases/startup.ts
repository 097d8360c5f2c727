import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDataDir } from '../../testkit/data-directory.ts';
import { makeClip } from '../../testkit/media.ts';
import { cpuSeconds, cpuSecondsOfChildren, processTree } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult, type Row } from '../lib/result.ts';
import { spread } from '../lib/statistics.ts';

const STARTS = 5;
const LIMIT_MS = 60_000;
const PROGRAM = join(import.meta.dirname, '..', '..', 'airlock');

/**
 * The environment without NODE_EXTRA_CA_CERTS. With the certificates of a distribution, the variable costs each Node.js process 28 ms, and
 * few machines set it.
 */
const { NODE_EXTRA_CA_CERTS: _certificates, ...ENVIRONMENT } = process.env;

/** Seconds of wall time and CPU time of a start. */
interface Start {
  wall: number;
  cpu: number;
}

/**
 * Measures `./airlock up`, from spawn to ready.json, on new and on existing data directories, and `./airlock transcode` of a tiny file
 * without a data directory, from spawn to exit. The program has already been built.
 */
export async function startup({ progress }: CaseOptions): Promise<CaseResult> {
  const folder = await makeDataDir();
  const [fresh, existing, transcode]: [Start[], Start[], Start[]] = [[], [], []];
  try {
    const clip = await makeClip(join(folder, 'clip.mp4'));
    for (let index = 1; index <= STARTS; index += 1) {
      progress(`round ${index} of ${STARTS}`);
      const dataDir = join(folder, `data-${index}`);
      fresh.push(await measureUp(dataDir));
      existing.push(await measureUp(dataDir));
      transcode.push(await measureTranscode(folder, clip));
      await rm(dataDir, { recursive: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return {
    rows: [
      ...rowsOf('./airlock up on a new data directory, to ready.json', fresh, 1.5),
      ...rowsOf('./airlock up on an existing data directory, to ready.json', existing, 1.5),
      ...rowsOf('./airlock transcode of 1 s without a data directory, to its end', transcode, 1.8),
    ],
    raw: { fresh, existing, transcode },
  };
}

function rowsOf(what: string, starts: readonly Start[], bound: number): Row[] {
  const row = (name: string) => ({ case: 'startup', what: name });
  const [wall, cpu] = [spread(starts.map((start) => start.wall)), spread(starts.map((start) => start.cpu))];
  return [
    bounded(row(`${what}, median of ${STARTS}`), { ...wall, value: wall.median }, bound, 's', 2),
    bounded(row(`${what}: CPU seconds`), { ...cpu, value: cpu.median }, null, 's', 2),
  ];
}

async function measureUp(dataDir: string): Promise<Start> {
  const began = performance.now();
  const child = spawn(PROGRAM, ['up'], {
    env: {
      ...ENVIRONMENT,
      AIRLOCK_DATA_DIR: dataDir,
      AIRLOCK_PORT: '0',
      AIRLOCK_STORAGE_PORT: '0',
      AIRLOCK_METRICS_PORT: '0',
      AIRLOCK_FFMPEG_BUILD: 'off',
    },
    stdio: 'ignore',
  });
  await ready(child, join(dataDir, 'ready.json'));
  const wall = (performance.now() - began) / 1000;
  const cpu = cpuSeconds(processTree(child.pid!));
  child.kill('SIGTERM');
  await ended(child);
  return { wall, cpu };
}

async function measureTranscode(folder: string, clip: string): Promise<Start> {
  const { AIRLOCK_DATA_DIR: _, AIRLOCK_URL: __, ...env } = ENVIRONMENT;
  const output = join(folder, 'out.mp4');
  const before = cpuSecondsOfChildren();
  const began = performance.now();
  const child = spawn(PROGRAM, ['transcode', clip, output], { cwd: folder, env, stdio: 'ignore' });
  const code = await ended(child);
  const wall = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`./airlock transcode ended with ${code}`);
  await rm(output);
  return { wall, cpu: cpuSecondsOfChildren() - before };
}

async function ready(child: ChildProcess, file: string): Promise<void> {
  const until = Date.now() + LIMIT_MS;
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new Error(`./airlock up ended with ${child.exitCode}`);
    if (Date.now() > until) throw new Error(`./airlock up was not ready after ${LIMIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function ended(child: ChildProcess): Promise<number | null> {
  return child.exitCode === null
    ? new Promise((resolve) => child.once('exit', resolve))
    : Promise.resolve(child.exitCode);
}
