import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseSandbox, type SandboxChoice } from '../choose.ts';
import { openSandbox } from '../open.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { CellLimits, CellResult, Sandbox } from '../types.ts';
import { TrimmedBuildError } from './build-error.ts';
import { differenceOf, type RunRecord, requireBlocked, requireCompleted, withoutHashes } from './compare.ts';
import { type CorpusRun, corpusFiles, corpusRuns } from './corpus.ts';

/** Limits of each run of the corpus. A run needs milliseconds, but can take minutes at idle priority. */
const LIMITS: CellLimits = { memoryBytes: 2 ** 30, cpuSeconds: 60, wallMs: 600_000, outputBytes: 64 * 2 ** 20 };
const MAX_STDOUT = 8 * 2 ** 20;

export interface CheckOptions {
  /** An existing folder whose parents other accounts can traverse. The caller removes it. */
  folder: string;
  /** Path of the FFmpeg to check, with `ffprobe` in the same folder. */
  own: string;
  /** Path of the distribution's FFmpeg. */
  distribution: string;
  /** The sandbox tier that jobs use. */
  sandbox: SandboxChoice;
  /** Resolves while the check is not paused. Called before each run. Rejects to stop the check. */
  waitWhilePaused(): Promise<void>;
  /** Runs of the comparison, which both builds make. Defaults to all runs. */
  corpus?: readonly CorpusRun[];
}

export interface CheckResult {
  /** Number of attacks that the cell blocked with this build. */
  attacks: number;
  /** Number of runs with equal results of both builds. */
  runs: number;
}

/**
 * Runs every attack of the self-test in a cell with the new build, and runs the corpus with both builds. Returns the numbers of attacks and
 * runs. Throws a `TrimmedBuildError` that names the first difference.
 */
export async function checkTrimmed(options: CheckOptions): Promise<CheckResult> {
  const { folder, own, distribution, sandbox: choice, corpus = corpusRuns() } = options;
  const [ownDir, otherDir, files] = await Promise.all(
    ['own', 'other', 'files'].map((name) => makeFolder(folder, name)),
  );
  const opened: Sandbox[] = [];
  try {
    const paths = { ffmpeg: own };
    const chosen = await chooseSandbox({ slots: 1, dataDir: ownDir!, paths }, choice, { full: true }).catch(
      rejectBuild,
    );
    opened.push(chosen.sandbox);
    const attacks = requireBlocked(chosen.report.checks);
    const { tier } = chosen.sandbox;
    const other = await openSandbox({ slots: 1, tier, dataDir: otherDir!, paths: { ffmpeg: distribution } });
    opened.push(other);
    const comparison = { corpus, folder: files!, waitWhilePaused: options.waitWhilePaused };
    const runs = await compareAll({ own: chosen.sandbox, distribution: other }, comparison);
    return { attacks, runs };
  } finally {
    for (const sandbox of opened) await sandbox.close();
  }
}

async function makeFolder(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await chmod(path, 0o711);
  return path;
}

/** Rejects a build with which the sandbox cannot be opened. */
function rejectBuild(error: unknown): never {
  throw error instanceof SandboxError ? new TrimmedBuildError('rejected', error.message) : error;
}

interface Builds {
  own: Sandbox;
  distribution: Sandbox;
}

async function compareAll(
  builds: Builds,
  {
    corpus,
    folder,
    waitWhilePaused,
  }: Pick<CheckOptions, 'folder' | 'waitWhilePaused'> & { corpus: readonly CorpusRun[] },
): Promise<number> {
  const known = new Set<string>();
  for (const { name, content } of corpusFiles()) {
    await writeFile(join(folder, name), content, { mode: 0o644 });
    known.add(name);
  }
  let completed = 0;
  let skipped = 0;
  for (const run of corpus) {
    await waitWhilePaused();
    const isPossible = run.inputs.every((name) => known.has(name));
    const isAlike = isPossible && (await compareRun(builds, folder, run));
    if (isAlike) {
      completed += 1;
      if (run.result) known.add(run.result);
    } else skipped += 1;
  }
  requireCompleted({ completed, skipped });
  return completed;
}

/**
 * Compares the results of a run with both builds. Returns false if the distribution's build does not complete the run. Throws a difference
 * as `TrimmedBuildError`.
 */
async function compareRun(builds: Builds, folder: string, run: CorpusRun): Promise<boolean> {
  const keep = run.result ? join(folder, run.result) : null;
  const expected = await recordRun(builds.distribution, folder, run, keep);
  if (expected.end !== 'exit 0') return false;
  const seen = await recordRun(builds.own, folder, run, null);
  const difference = differenceOf(expected, seen);
  if (difference === null) return true;
  // The results of some filters differ between two runs with the same build.
  const again = await recordRun(builds.distribution, folder, run, null);
  const isSteady = differenceOf(expected, again) === null;
  const real = isSteady ? difference : differenceOf(withoutHashes(expected), withoutHashes(seen));
  if (real !== null) throw new TrimmedBuildError('rejected', `${run.name} ${real}`.trim());
  return true;
}

/** @param keep path to which the output of the run is copied, or null */
async function recordRun(sandbox: Sandbox, folder: string, run: CorpusRun, keep: string | null): Promise<RunRecord> {
  const chunks: Buffer[] = [];
  const result = await sandbox.run({
    program: run.program,
    args: run.args,
    inputs: run.inputs.map((name) => ({ name, path: join(folder, name) })),
    ...(run.writes && { outputs: ['o'] }),
    limits: { ...LIMITS, stdoutBytes: MAX_STDOUT },
    slot: 0,
    onStdout: (chunk) => void chunks.push(chunk),
  });
  try {
    const content = run.writes ? await readOutput(result) : null;
    if (keep && content) await writeFile(keep, content, { mode: 0o644 });
    return {
      end: result.end === 'exit' ? `exit ${result.exitCode}` : result.end,
      stdout: Buffer.concat(chunks).toString('utf8'),
      sha256: content && createHash('sha256').update(content).digest('hex'),
      message: result.stderr.trim().split('\n')[0]!.slice(0, 300),
    };
  } finally {
    await result.release();
  }
}

async function readOutput({ outputDir }: CellResult): Promise<Buffer> {
  const file = await open(join(outputDir, 'o'), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}
