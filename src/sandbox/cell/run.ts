import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type CellCgroup, type CellCounters, readCpuMs, readDeniedTasks } from '../cgroup/slot-group.ts';
import { hasRandomDevice } from '../host/random-device.ts';
import { PROGRAM_FILES } from '../programs/program.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { FilterName } from '../seccomp/policies.ts';
import type { LaunchEnd, Launched, LaunchSpec, Tier } from '../tiers/tier.ts';
import type { CellEnd, CellResult, CellSpec } from '../types.ts';
import { monotonicMs, POLL_MS } from '../watchdog/watch-cell.ts';
import { WatchState } from '../watchdog/watch-state.ts';
import type { Watchdog } from '../watchdog/watchdog.ts';
import type { CellAccount } from './account.ts';
import { type Cell, type CellFiles, type CellText, makeCell } from './cell.ts';
import { classifyEnd, type KillReason } from './classify-end.ts';
import type { Launchers } from './launchers.ts';
import { checkLimits, isOverLimit } from './limits.ts';
import { TailBuffer } from './scrub.ts';

const STDERR_BYTES = 64 * 1024;

export interface RunContext {
  tier: Tier;
  rootImage: string;
  /** Folder of this process's cells. */
  cells: string;
  /** Host path that must not appear in an error message. */
  dataDir: string;
  /** Returns the account of a slot. Null if the service runs as an ordinary user. */
  account(slot: number): CellAccount | null;
  cgroup(slot: number): CellCgroup | null;
  watchdog: Watchdog;
  /** If absent, every cell starts its own launcher. */
  launchers?: Launchers;
  /** See `Cgroups.announce`. */
  announce?(): Promise<void>;
}

/** `CellSpec` with the properties of the program. Unlike `CellSpec`, it can name any program in the cell, for the self-test. */
export interface ProgramSpec extends Omit<CellSpec, 'program' | 'inputs' | 'onProgress'> {
  /** The program's path in the cell. */
  program: string;
  filter: FilterName;
  /** See `seenBy`. By default, the cell contains all paths of the image. */
  sees?: readonly string[] | null;
  /** Whether the program's cell contains `RANDOM_DEVICE`, if this machine has the device. */
  randomDevice?: boolean;
  /** Whether the program opens files in `PROGRAM_FILES`. */
  opensFiles?: boolean;
  inputs: CellFiles['inputs'];
  texts?: readonly CellText[];
}

/** How a program ended. Only programs of the table explain their failures. */
export type ProgramResult = Omit<CellResult, 'explain' | 'build'>;

/** A cell, from its creation until its result is reported. */
interface Run {
  context: RunContext;
  spec: ProgramSpec;
  cell: Cell;
  account: CellAccount | null;
  /** Milliseconds on the clock of `monotonicMs`. */
  startedAt: number;
  state: WatchState;
  stderr: TailBuffer;
}

/** The control group of a run, with the values of the group's counters before the run. */
interface Group {
  cgroup: CellCgroup;
  oomBefore: number;
  counters: ReturnType<typeof startCounting>;
}

/** Runs one program in a new cell. See `Sandbox.run`. */
export async function runProgram(context: RunContext, spec: ProgramSpec): Promise<ProgramResult> {
  checkLimits(spec.limits);
  // A waiting launcher is already in its group.
  if (!context.launchers?.has(spec.slot)) void context.announce?.();
  const account = context.account(spec.slot);
  const isLinked = spec.opensFiles && context.tier.outside === 'link';
  const programFiles = isLinked ? join(context.rootImage, PROGRAM_FILES) : null;
  const { inputs, texts = [], outputs = [], outputDirectories: directories = [] } = spec;
  const files = { inputs, texts, outputs, directories, programFiles };
  const cell = await makeCell(context.cells, account, files, context.tier.outside);
  const stderr = new TailBuffer(STDERR_BYTES);
  try {
    spec.onOutputDir?.(cell.output);
    return await runInCell({ context, spec, cell, account, startedAt: monotonicMs(), state: new WatchState(), stderr });
  } catch (error) {
    await cell.remove();
    throw error;
  }
}

async function runInCell(run: Run): Promise<ProgramResult> {
  const { context, spec, state } = run;
  const group = await prepareGroup(context, spec);
  if (spec.signal?.aborted) {
    return report(run, 'canceled', { exitCode: null, signal: null }, { cpuMs: 0, maxRssBytes: 0 });
  }
  const ended = await launchAndWatch(run, group);
  const used = group?.cgroup.usage();
  const cpuMs = Math.round(used?.cpuMs ?? state.cpuMs);
  return report(run, determineEnd(run, group, ended, cpuMs), ended, {
    cpuMs,
    maxRssBytes: state.peakBytes || used?.peakBytes || 0,
  });
}

async function prepareGroup(context: RunContext, { slot, limits }: ProgramSpec): Promise<Group | null> {
  const cgroup = context.cgroup(slot);
  if (!cgroup) return null;
  await cgroup.prepare(limits).catch(async (error: unknown) => {
    // The launcher in the group may be the reason why its limits cannot be changed.
    if (!(await context.launchers?.end([slot]))) throw error;
    await cgroup.prepare(limits);
  });
  return { cgroup, oomBefore: cgroup.oomKills(), counters: startCounting(cgroup.counters) };
}

/** Resolves when no process of the cell is left. Rejects with the error of `onStdout`, or if the watchdog died. */
async function launchAndWatch(run: Run, group: Group | null): Promise<LaunchEnd> {
  const { context, spec, cell, account, state, stderr } = run;
  const { limits, signal } = spec;
  /** The error of a run that fails for a reason outside the cell. */
  let failure: unknown = null;
  let stdoutBytes = 0;
  const launched = await context.tier.launch({
    ...{ program: spec.program, args: spec.args, filter: spec.filter, rootImage: context.rootImage },
    sees: spec.sees ?? null,
    randomDevice: spec.randomDevice === true && hasRandomDevice(account),
    ...{ cell, limits, account },
    cgroup: group?.cgroup ?? null,
    stdin: spec.stdin ?? null,
    onStdout: spec.onStdout ? receive : null,
    onStderr: (chunk) => stderr.push(chunk),
    ...(context.launchers && launchAhead(context.launchers, spec.slot)),
  });
  const onAbort = (): void => kill('canceled');
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) onAbort();
  const stopWatching = watch(run, group, launched, giveUp);
  let ended: LaunchEnd;
  try {
    ended = await launched.ended;
  } finally {
    stopWatching?.();
    signal?.removeEventListener('abort', onAbort);
  }
  if (failure) throw failure;
  return ended;

  function receive(chunk: Buffer): void {
    stdoutBytes += chunk.length;
    if (stdoutBytes > (limits.stdoutBytes ?? limits.outputBytes)) kill('limit_output');
    if (state.reason) return;
    try {
      spec.onStdout!(chunk);
    } catch (error) {
      giveUp(error);
    }
  }

  function giveUp(error: unknown): void {
    failure ??= error;
    kill('canceled');
  }

  function kill(reason: KillReason): void {
    state.setReason(reason);
    launched.kill();
  }
}

/** Starts the launcher of the next cell while this cell runs, because its fork then delays nothing. */
function launchAhead(launchers: Launchers, slot: number): Pick<LaunchSpec, 'acquireLauncher' | 'onStarted'> {
  return {
    acquireLauncher: () => launchers.acquire(slot),
    onStarted: () => setImmediate(() => launchers.start(slot)),
  };
}

/** Lets the watchdog enforce the limits until the returned function is called. */
function watch(
  { context, spec: { limits }, cell, state, startedAt }: Run,
  group: Group | null,
  { launcher, program }: Launched,
  onLost: (error: unknown) => void,
): (() => void) | null {
  if (!launcher) return null;
  const { output, outputs: names, directories } = cell;
  const outputs = { output, outputs: names, directories };
  const request = { state: state.buffer, launcher, program, outputs, limits, startedAt };
  const endsAt = monotonicMs() + limits.wallMs;
  return context.watchdog.watch({ ...request, counters: group?.counters ?? null, endsAt }, onLost);
}

/** Determines how the cell ended. Throws `SandboxError` if the program never started. */
function determineEnd(
  { context, spec, cell, state, stderr }: Run,
  group: Group | null,
  ended: LaunchEnd,
  cpuMs: number,
) {
  const { limits } = spec;
  const oomKilled = group !== null && group.cgroup.oomKills() > group.oomBefore;
  if (!ended.started && !state.reason && !oomKilled && ended.signal === null) {
    throw new SandboxError(
      `${context.tier.name} could not create the cell: ${withoutHostPaths(stderr.text(), context).trim().slice(-500)}`,
      'Run the sandbox self-test to find the cause',
    );
  }
  if (isOverLimit(cell, limits.outputBytes)) state.setReason('limit_output');
  return classifyEnd({
    ...ended,
    reason: state.reason,
    oomKilled,
    tasksDenied: group !== null && readDeniedTasks(group.counters) > group.counters.deniedBefore,
    cpuExhausted: cpuMs + 2 * POLL_MS * availableParallelism() >= limits.cpuSeconds * 1000,
    outOfAddressSpace: group === null && stderr.text().includes('Cannot allocate memory'),
  });
}

function report(
  { context, cell, stderr, startedAt }: Run,
  end: CellEnd,
  { exitCode, signal }: Pick<LaunchEnd, 'exitCode' | 'signal'>,
  usage: Pick<CellResult, 'cpuMs' | 'maxRssBytes'>,
): ProgramResult {
  return {
    ...{ end, exitCode, signal },
    stderr: context.tier.outsideText(withoutHostPaths(stderr.text(), context)),
    outputDir: cell.output,
    ...usage,
    wallMs: monotonicMs() - startedAt,
    release: () => cell.remove(),
  };
}

/** Returns the counters of a group, with their values before the next cell of the group starts. */
function startCounting(counters: CellCounters) {
  return { ...counters, cpuMsBefore: readCpuMs(counters) ?? 0, deniedBefore: readDeniedTasks(counters) };
}

function withoutHostPaths(text: string, context: RunContext): string {
  return text.replaceAll(context.rootImage, '').replaceAll(context.cells, '').replaceAll(context.dataDir, '');
}
