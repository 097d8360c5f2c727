import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSandbox } from '../../src/sandbox/index.ts';
import type { CellSpec, Sandbox, SandboxTier } from '../../src/sandbox/types.ts';
import { sourceMoving } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { runWell } from '../lib/run.ts';
import { median, spread } from '../lib/statistics.ts';

const STARTS = 50;
const WARM_UPS = 3;
const TIERS: readonly SandboxTier[] = ['bwrap', 'landlock'];
/** Targets, compared with the plain program: maximum additional milliseconds of a start, and maximum ratio of the times of an encode. */
const MAX_START_MS = 15;
const MAX_RATIO = 1.02;
const LIMITS: CellSpec['limits'] = {
  memoryBytes: 2 * 2 ** 30,
  cpuSeconds: 600,
  wallMs: 600_000,
  outputBytes: 2 ** 30,
};

/**
 * Measures the cost of a cell, in turns with the plain program: starting a cell (`ffmpeg -version`, from the call until the cell's folder
 * is removed), and encoding 20 s of 720p in it. gVisor is measured if AIRLOCK_SANDBOX=gvisor is set.
 */
export async function sandbox(options: CaseOptions): Promise<CaseResult> {
  const wanted = process.env.AIRLOCK_SANDBOX;
  const tiers: readonly SandboxTier[] = wanted && wanted !== 'auto' ? [wanted as SandboxTier] : TIERS;
  const source = await sourceMoving();
  const rows: CaseResult['rows'] = [];
  const raw: CaseResult['raw'] = {};
  for (const tier of tiers) {
    const starts = await inCells(tier, (cells) => compareStarts(cells, options.progress));
    const encodes = await inCells(tier, (cells) => compareEncodes(cells, source.path, options));
    raw[tier] = { starts, encodes };
    const asked = tier === 'bwrap' || tier === 'landlock';
    rows.push(...startRows(tier, starts, asked), ...encodeRows(tier, encodes, asked));
  }
  return { rows, raw, notes: source.synthetic.map((clip) => `test pattern instead of ${clip}: not installed`) };
}

interface Cells {
  sandbox: Sandbox;
  folder: string;
}

async function inCells<T>(tier: SandboxTier, measure: (cells: Cells) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-cell-'));
  // As root, cells run under separate accounts, which need access to the folder.
  await chmod(folder, 0o711);
  const opened = await openSandbox({ dataDir: join(folder, 'data'), slots: 1, tier });
  try {
    return await measure({ sandbox: opened, folder });
  } finally {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Start {
  plainMs: number;
  /** Milliseconds until the cell has ended. */
  cellMs: number;
  /** Milliseconds until the cell's folder is also removed. */
  releasedMs: number;
}

async function compareStarts({ sandbox }: Cells, progress: CaseOptions['progress']): Promise<Start[]> {
  const starts: Start[] = [];
  for (let index = -WARM_UPS; index < STARTS; index += 1) {
    if (index % 10 === 0) progress(`${sandbox.tier}: start ${Math.max(0, index)} of ${STARTS}`);
    const plain = await runWell(sandbox.ffmpeg.path, ['-version']);
    const began = performance.now();
    const result = await cell(sandbox, ['-version'], []);
    const cellMs = performance.now() - began;
    await result.release();
    const start = { plainMs: plain.wallMs, cellMs, releasedMs: performance.now() - began };
    if (index >= 0) starts.push(start);
  }
  return starts;
}

interface Encode {
  plainMs: number;
  cellMs: number;
}

async function compareEncodes({ sandbox, folder }: Cells, source: string, options: CaseOptions): Promise<Encode[]> {
  const encodes: Encode[] = [];
  for (let index = 0; index <= options.pairs; index += 1) {
    options.progress(`${sandbox.tier}: encode ${index} of ${options.pairs}`);
    const output = join(folder, 'plain.mp4');
    const plain = async () => (await runWell(sandbox.ffmpeg.path, encodeArgs(source, output))).wallMs;
    const inCell = async () => {
      const result = await cell(sandbox, encodeArgs('/in/0', '/out/cell.mp4'), [{ name: '0', path: source }]);
      await result.release();
      return result.wallMs;
    };
    // The previous pair affects the variant that runs first, so the order alternates.
    const plainFirst = index % 2 === 0;
    const first = plainFirst ? await plain() : await inCell();
    const second = plainFirst ? await inCell() : await plain();
    await rm(output);
    if (index > 0) encodes.push(plainFirst ? { plainMs: first, cellMs: second } : { plainMs: second, cellMs: first });
  }
  return encodes;
}

const encodeArgs = (input: string, output: string): string[] => [
  ...['-nostdin', '-y', '-hide_banner', '-v', 'error', '-i', input],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-an', output],
];

async function cell(sandbox: Sandbox, args: readonly string[], inputs: CellSpec['inputs']) {
  const result = await sandbox.run({
    program: 'ffmpeg',
    args,
    inputs,
    outputs: ['cell.mp4'],
    limits: LIMITS,
    slot: 0,
    onStdout: () => {},
  });
  if (result.end === 'exit' && result.exitCode === 0) return result;
  await result.release();
  throw new Error(`the cell ended with ${result.end}, code ${result.exitCode}: ${result.stderr.slice(-1000)}`);
}

function startRows(tier: SandboxTier, starts: Start[], promised: boolean): CaseResult['rows'] {
  const plain = median(starts.map((start) => start.plainMs));
  const over = spread(starts.map((start) => start.cellMs - start.plainMs));
  const row = (what: string) => ({ case: 'sandbox', what: `${tier}: ${what}` });
  const released = median(starts.map((start) => start.releasedMs));
  const cost = median(starts.map((start) => start.cellMs)) - plain;
  return [
    bounded(
      row(`start - plain start, median of ${STARTS}`),
      { ...over, value: cost },
      promised ? MAX_START_MS : null,
      'ms',
    ),
    bounded(row('the same, until its folder is gone'), { value: released - plain }, null, 'ms'),
    bounded(row('plain start'), { value: plain }, null, 'ms'),
  ];
}

function encodeRows(tier: SandboxTier, encodes: Encode[], promised: boolean): CaseResult['rows'] {
  const row = (what: string) => ({ case: 'sandbox', what: `${tier}: 20 s 720p encode, ${what}` });
  const plain = spread(encodes.map((encode) => encode.plainMs));
  const inCell = spread(encodes.map((encode) => encode.cellMs));
  const ratios = spread(encodes.map((encode) => encode.cellMs / encode.plainMs));
  return [
    bounded(
      row(`cell / plain, ${encodes.length} pairs`),
      { ...ratios, value: ratios.median },
      promised ? MAX_RATIO : null,
      '',
      3,
    ),
    // Compare the fastest run of each variant, which is the better measure on a machine that also does other work.
    bounded(row('quickest cell / quickest plain'), { value: inCell.min / plain.min }, null, '', 3),
    bounded(row('plain'), { value: plain.median / 1000, min: plain.min / 1000, max: plain.max / 1000 }, null, 's', 2),
  ];
}
