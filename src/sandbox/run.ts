import { availableParallelism } from 'node:os';
import { type CellFiles, type CellText, makeCell } from './cell.ts';
import type { CellAccount } from './cell-account.ts';
import type { CellCgroup } from './cell-cgroup.ts';
import { MAX_PIDS } from './cell-cgroup.ts';
import { classifyEnd, type KillReason } from './classify-end.ts';
import { isOverLimit } from './output-usage.ts';
import { processSize, processStat } from './proc.ts';
import { checkLimits } from './rlimits.ts';
import { SandboxError } from './sandbox-error.ts';
import { TailBuffer } from './scrub.ts';
import type { LaunchEnd, Tier } from './tier.ts';
import type { CellResult, CellSpec } from './types.ts';

const STDERR_BYTES = 64 * 1024;
/** Pace of the looks at what a cell uses. */
const POLL_MS = 250;
/** Tasks of a cell's control group that are not the program's threads: bwrap's reaper and the like. */
const SPARE_TASKS = 8;

export interface RunContext {
  tier: Tier;
  rootImage: string;
  /** Folder in which the cells of this process lie. */
  cells: string;
  /** Host path that must not appear in an error text. */
  dataDir: string;
  /** Null when the service is an ordinary user. */
  account(slot: number): CellAccount | null;
  cgroup(slot: number): CellCgroup | null;
  /** See `Cgroups.announce`. */
  announce?(): Promise<void>;
}

/** `CellSpec` with the freedom that the self-test needs: any program of the cell, executable inputs. */
export interface ProgramSpec extends Omit<CellSpec, 'program' | 'inputs'> {
  program: string;
  inputs: CellFiles['inputs'];
  texts?: readonly CellText[];
}

/** Runs one program in a cell of its own. See `Sandbox.run`. */
export async function runProgram(context: RunContext, spec: ProgramSpec): Promise<CellResult> {
  checkLimits(spec.limits);
  void context.announce?.();
  const { limits, signal } = spec;
  const account = context.account(spec.slot);
  const cell = await makeCell(
    context.cells,
    account,
    { inputs: spec.inputs, texts: spec.texts ?? [], outputs: spec.outputs ?? [] },
    context.tier.outside,
  );
  const started = performance.now();
  const stderr = new TailBuffer(STDERR_BYTES);
  const seen = {
    reason: null as KillReason | null,
    cpuMs: 0,
    rssBytes: 0,
    stdoutBytes: 0,
    callbackError: null as unknown,
  };
  const finish = (
    end: CellResult['end'],
    ended: Pick<LaunchEnd, 'exitCode' | 'signal'>,
    usage: { cpuMs: number; maxRssBytes: number },
  ): CellResult => ({
    end,
    exitCode: ended.exitCode,
    signal: ended.signal,
    stderr: context.tier.outsideText(withoutHostPaths(stderr.text(), context)),
    outputDir: cell.output,
    ...usage,
    wallMs: performance.now() - started,
    release: () => cell.remove(),
  });

  try {
    const cgroup = context.cgroup(spec.slot);
    await cgroup?.prepare(limits.memoryBytes);
    const oomBefore = cgroup?.oomKills() ?? 0;
    const refusedBefore = cgroup?.refusedTasks() ?? 0;
    if (signal?.aborted) return finish('canceled', { exitCode: null, signal: null }, { cpuMs: 0, maxRssBytes: 0 });

    const launched = await context.tier.launch({
      program: spec.program,
      args: spec.args,
      rootImage: context.rootImage,
      cell,
      limits,
      account,
      cgroup,
      onStdout: spec.onStdout ? receive : null,
      onStderr: (chunk) => stderr.push(chunk),
    });
    const kill = (reason: KillReason): void => {
      seen.reason ??= reason;
      launched.kill();
    };
    const onAbort = (): void => kill('canceled');
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    const wall = setTimeout(() => kill('limit_wall'), limits.wallMs);
    // The first looks come early, so that a short job has figures too.
    let poll = setTimeout(look, POLL_MS / 8);
    let ended: LaunchEnd;
    try {
      ended = await launched.ended;
    } finally {
      clearTimeout(wall);
      clearTimeout(poll);
      signal?.removeEventListener('abort', onAbort);
    }
    if (seen.callbackError) throw seen.callbackError;

    const used = cgroup?.usage();
    const cpuMs = Math.round(used?.cpuMs ?? seen.cpuMs);
    const oomKilled = (cgroup?.oomKills() ?? 0) > oomBefore;
    if (!ended.started && !seen.reason && !oomKilled && ended.signal === null) {
      throw new SandboxError(
        `${context.tier.name} could not make the cell: ${withoutHostPaths(stderr.text(), context).trim().slice(-500)}`,
        'Run the sandbox self-test for the cause',
      );
    }
    if (isOverLimit(cell, limits.outputBytes)) seen.reason ??= 'limit_output';
    const end = classifyEnd({
      ...ended,
      reason: seen.reason,
      oomKilled,
      tasksRefused: (cgroup?.refusedTasks() ?? 0) > refusedBefore,
      cpuExhausted: cpuMs + 2 * POLL_MS * availableParallelism() >= limits.cpuSeconds * 1000,
      outOfAddressSpace: cgroup === null && stderr.text().includes('Cannot allocate memory'),
    });
    return finish(end, ended, { cpuMs, maxRssBytes: seen.rssBytes || used?.peakBytes || 0 });

    function receive(chunk: Buffer): void {
      seen.stdoutBytes += chunk.length;
      if (seen.stdoutBytes > (limits.stdoutBytes ?? limits.outputBytes)) kill('limit_output');
      if (seen.reason) return;
      try {
        spec.onStdout!(chunk);
      } catch (error) {
        seen.callbackError = error;
        kill('canceled');
      }
    }

    /** CPU time and memory are those of the last look: without a cgroup nothing else tells them after the end. */
    function look(): void {
      const program = launched.programPid();
      if (program !== null) {
        seen.cpuMs = Math.max(seen.cpuMs, processStat(program)?.cpuMs ?? 0);
        const { peakBytes, threads } = processSize(program);
        seen.rssBytes = Math.max(seen.rssBytes, peakBytes);
        // Whoever is refused a thread hangs or fails: said at once, it is not taken for something else.
        if (threads > MAX_PIDS - SPARE_TASKS || (cgroup?.refusedTasks() ?? 0) > refusedBefore) {
          kill('limit_processes');
          return;
        }
      }
      // Where there are several processes (gVisor), no rlimit adds them up.
      const overCpu = (cgroup?.usage().cpuMs ?? 0) > limits.cpuSeconds * 1000 + POLL_MS;
      if (overCpu) kill('limit_cpu');
      else if (isOverLimit(cell, limits.outputBytes)) kill('limit_output');
      else poll = setTimeout(look, performance.now() - started < POLL_MS ? POLL_MS / 4 : POLL_MS);
    }
  } catch (error) {
    await cell.remove();
    throw error;
  }
}

function withoutHostPaths(text: string, context: RunContext): string {
  return text.replaceAll(context.rootImage, '').replaceAll(context.cells, '').replaceAll(context.dataDir, '');
}
