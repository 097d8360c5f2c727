import { isRunning, type ProcessMark, processStat } from '../../telemetry/process-stat.ts';
import type { Cell } from '../cell/cell.ts';
import type { KillReason } from '../cell/classify-end.ts';
import { isOverLimit } from '../cell/limits.ts';
import { killQuietly, markLaunched } from '../cell/processes.ts';
import { type CellCounters, MAX_TASKS, readCpuMs, readDeniedTasks } from '../cgroup/slot-group.ts';
import { childrenOf, processSize } from '../host/proc.ts';
import type { ProgramProcess } from '../tiers/tier.ts';
import type { CellLimits } from '../types.ts';
import { hidesFiles } from './hidden-files.ts';
import { WatchState } from './watch-state.ts';

/** Milliseconds between checks of a cell's resource use. */
export const POLL_MS = 250;
/** Milliseconds between checks of a cell that may fill a directory, because nothing bounds the bytes that it writes between two checks. */
const DIRECTORY_POLL_MS = 50;
/** Maximum share of the time that checks use. The more files a directory has, the longer its check takes. */
const BUSY_SHARE = 1 / 8;
/** Milliseconds between attempts to kill a cell that has not ended, because a scan of /proc can miss a process. */
const KILL_AGAIN_MS = 50;
/** Number of tasks of a cell's control group that are not threads of the program, such as bwrap's reaper. */
const SPARE_TASKS = 8;

/** A running cell and its limits, as data that can be sent to a thread. */
export interface WatchRequest {
  /** The `buffer` of the cell's `WatchState`. */
  state: SharedArrayBuffer;
  launcher: ProcessMark;
  program: ProgramProcess;
  outputs: Pick<Cell, 'output' | 'outputs' | 'directories'>;
  limits: Pick<CellLimits, 'cpuSeconds' | 'outputBytes' | 'tasks'>;
  /** Milliseconds on the clock of `monotonicMs`. */
  startedAt: number;
  endsAt: number;
  /** Counters of the cell's control group, with their values at the start. */
  counters: (CellCounters & { cpuMsBefore: number; deniedBefore: number }) | null;
}

/** Returns the milliseconds on the monotonic clock that all threads share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Watches a cell until `stop`, and kills it at its limits. */
export class CellWatch {
  readonly #request: WatchRequest;
  readonly #state: WatchState;
  readonly #descendants = new Map<number, ProcessMark>();
  readonly #wall: NodeJS.Timeout;
  #nextCheck: NodeJS.Timeout;
  #killing: NodeJS.Timeout | undefined;

  constructor(request: WatchRequest) {
    this.#request = request;
    this.#state = new WatchState(request.state);
    this.#wall = setTimeout(() => this.#endAtWall(), request.endsAt - monotonicMs());
    // The first checks run early, so that a short job also has measurements.
    this.#nextCheck = setTimeout(() => this.#check(), POLL_MS / 8);
  }

  stop(): void {
    clearTimeout(this.#wall);
    clearTimeout(this.#nextCheck);
    clearInterval(this.#killing);
  }

  #check(): void {
    this.#findDescendants();
    const begunAt = monotonicMs();
    const reason = this.#exceededLimit();
    if (reason) this.#kill(reason);
    else this.#nextCheck = setTimeout(() => this.#check(), pauseAfter(this.#request, begunAt));
  }

  #exceededLimit(): KillReason | null {
    const { counters, limits, outputs } = this.#request;
    const tasksDenied = counters !== null && readDeniedTasks(counters) > counters.deniedBefore;
    const program = programPid(this.#request);
    if (program !== null) {
      const { peakBytes, threads } = processSize(program);
      this.#state.record({ cpuMs: processStat(program)?.cpuMs ?? 0, peakBytes });
      // A program that cannot create a thread hangs or fails. Report this now, before another limit ends the cell.
      if (tasksDenied || threads > (limits.tasks ?? MAX_TASKS) - SPARE_TASKS) return 'limit_processes';
    }
    // An rlimit does not bound several processes together (gVisor).
    const cpuMs = counters ? (readCpuMs(counters) ?? 0) - counters.cpuMsBefore : 0;
    if (cpuMs > limits.cpuSeconds * 1000 + POLL_MS) return 'limit_cpu';
    if (isOverLimit(outputs, limits.outputBytes)) return 'limit_output';
    return outputs.directories.length > 0 && program !== null && hidesFiles(program) ? 'limit_output' : null;
  }

  /**
   * Kills the cell if a process of it still runs. If the service was stopped, this timer can run before the service notices that the
   * program has ended. Such a program has not reached its limit.
   */
  #endAtWall(): void {
    if ([this.#request.launcher, ...this.#descendants.values()].some(isRunning)) this.#kill('limit_wall');
  }

  #kill(reason: KillReason): void {
    this.#state.setReason(reason);
    clearTimeout(this.#wall);
    clearTimeout(this.#nextCheck);
    this.#killAll();
    this.#killing = setInterval(() => this.#killAll(), KILL_AGAIN_MS);
  }

  #killAll(): void {
    this.#findDescendants();
    const { launcher } = this.#request;
    if (isRunning(launcher)) killQuietly(-launcher.pid);
    // A process with its own session is not in the launcher's group. Check each process first, because pids are reused.
    for (const member of this.#descendants.values()) if (isRunning(member)) killQuietly(member.pid);
  }

  /** Adds new descendants and keeps known descendants, because children can outlive their parents. */
  #findDescendants(): void {
    const queue = [this.#request.launcher.pid, ...this.#descendants.keys()];
    for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
      for (const child of childrenOf(pid)) {
        if (this.#descendants.has(child)) continue;
        this.#descendants.set(child, markLaunched(child));
        queue.push(child);
      }
    }
  }
}

/** Returns the milliseconds until the next check, after a check that began at `begunAt`. */
function pauseAfter({ outputs, startedAt }: WatchRequest, begunAt: number): number {
  const now = monotonicMs();
  if (outputs.directories.length > 0) return Math.max(DIRECTORY_POLL_MS, (now - begunAt) / BUSY_SHARE);
  return now - startedAt < POLL_MS ? POLL_MS / 4 : POLL_MS;
}

/** Returns the pid of the program, or null until the program exists. */
function programPid({ launcher, program }: WatchRequest): number | null {
  if (program === 'launcher') return launcher.pid;
  const children = childrenOf(launcher.pid);
  if (program === 'last child') return children.at(-1) ?? null;
  return children[0] === undefined ? null : (childrenOf(children[0])[0] ?? null);
}
