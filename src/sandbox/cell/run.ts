import { availableParallelism } from 'node:os';
import { type CellCgroup, type CellCounters, readCpuMs, readRefusedTasks } from '../cgroup/slot-group.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { LaunchEnd, Tier } from '../tiers/tier.ts';
import type { CellResult, CellSpec } from '../types.ts';
import { monotonicMs, POLL_MS } from '../watchdog/watch-cell.ts';
import { WatchState } from '../watchdog/watch-state.ts';
import type { Watchdog } from '../watchdog/watchdog.ts';
import type { CellAccount } from './account.ts';
import { type CellFiles, type CellText, makeCell } from './cell.ts';
import { classifyEnd, type KillReason } from './classify-end.ts';
import { checkLimits, isOverLimit } from './limits.ts';
import { TailBuffer } from './scrub.ts';

const STDERR_BYTES = 64 * 1024;

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
  watchdog: Watchdog;
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
  const started = monotonicMs();
  const state = new WatchState();
  const stderr = new TailBuffer(STDERR_BYTES);
  const seen = {
    stdoutBytes: 0,
    /** Why the cell is given up, where it is not its own doing. */
    error: null as unknown,
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
    wallMs: monotonicMs() - started,
    release: () => cell.remove(),
  });

  try {
    const cgroup = context.cgroup(spec.slot);
    await cgroup?.prepare(limits.memoryBytes);
    const oomBefore = cgroup?.oomKills() ?? 0;
    const counters = cgroup && startCounting(cgroup.counters);
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
      state.condemn(reason);
      launched.kill();
    };
    const giveUp = (error: unknown): void => {
      seen.error ??= error;
      kill('canceled');
    };
    const onAbort = (): void => kill('canceled');
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    const { launcher, program } = launched;
    const outputs = { output: cell.output, outputs: cell.outputs };
    const order = { state: state.buffer, program, outputs, limits, counters, startedAt: started };
    const endsAt = monotonicMs() + limits.wallMs;
    const stopWatching = launcher && context.watchdog.watch({ ...order, launcher, endsAt }, giveUp);
    let ended: LaunchEnd;
    try {
      ended = await launched.ended;
    } finally {
      stopWatching?.();
      signal?.removeEventListener('abort', onAbort);
    }
    if (seen.error) throw seen.error;

    const used = cgroup?.usage();
    const cpuMs = Math.round(used?.cpuMs ?? state.cpuMs);
    const oomKilled = (cgroup?.oomKills() ?? 0) > oomBefore;
    if (!ended.started && !state.reason && !oomKilled && ended.signal === null) {
      throw new SandboxError(
        `${context.tier.name} could not make the cell: ${withoutHostPaths(stderr.text(), context).trim().slice(-500)}`,
        'Run the sandbox self-test for the cause',
      );
    }
    if (isOverLimit(cell, limits.outputBytes)) state.condemn('limit_output');
    const end = classifyEnd({
      ...ended,
      reason: state.reason,
      oomKilled,
      tasksRefused: counters !== null && readRefusedTasks(counters) > counters.refusedBefore,
      cpuExhausted: cpuMs + 2 * POLL_MS * availableParallelism() >= limits.cpuSeconds * 1000,
      outOfAddressSpace: cgroup === null && stderr.text().includes('Cannot allocate memory'),
    });
    return finish(end, ended, { cpuMs, maxRssBytes: state.peakBytes || used?.peakBytes || 0 });

    function receive(chunk: Buffer): void {
      seen.stdoutBytes += chunk.length;
      if (seen.stdoutBytes > (limits.stdoutBytes ?? limits.outputBytes)) kill('limit_output');
      if (state.reason) return;
      try {
        spec.onStdout!(chunk);
      } catch (error) {
        giveUp(error);
      }
    }
  } catch (error) {
    await cell.remove();
    throw error;
  }
}

/** The counters of a group, with what they say before its next cell starts. */
function startCounting(counters: CellCounters) {
  return { ...counters, cpuMsBefore: readCpuMs(counters) ?? 0, refusedBefore: readRefusedTasks(counters) };
}

function withoutHostPaths(text: string, context: RunContext): string {
  return text.replaceAll(context.rootImage, '').replaceAll(context.cells, '').replaceAll(context.dataDir, '');
}
