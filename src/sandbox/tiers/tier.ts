import type { Readable } from 'node:stream';
import type { ProcessMark } from '../../telemetry/process-stat.ts';
import type { CellAccount } from '../cell/account.ts';
import type { Cell } from '../cell/cell.ts';
import type { CellCgroup } from '../cgroup/slot-group.ts';
import type { FilterName } from '../seccomp/policies.ts';
import type { CellLimits, SandboxTier } from '../types.ts';
import type { WaitingLauncher } from './waiting-launcher.ts';

/** A program to run in a cell. `program` and `args` use paths inside the cell: `/usr/bin/…`, `/in/…`, `/out/…`. */
export interface LaunchSpec {
  program: string;
  args: readonly string[];
  filter: FilterName;
  /** Host folder that is the cell's read-only `/`, or replaces it. */
  rootImage: string;
  /** Paths of the image that the cell contains; null = all. A tier that cannot hide the other paths shows them. */
  sees: readonly string[] | null;
  /** Whether the cell contains `RANDOM_DEVICE`. Set only if the device exists. A tier that cannot hide devices shows other devices too. */
  randomDevice: boolean;
  cell: Cell;
  limits: CellLimits;
  account: CellAccount | null;
  cgroup: CellCgroup | null;
  /** Null = the program has no standard input. */
  stdin: Readable | null;
  onStdout: ((chunk: Buffer) => void) | null;
  onStderr: (chunk: Buffer) => void;
  /** Returns the launcher that waits for the next cell of the slot. The caller must use it. Null = no launcher waits. */
  acquireLauncher?: () => Promise<WaitingLauncher | null>;
  /** Called when the program is about to start. */
  onStarted?: () => void;
}

/** Path of the BPF program of each filter. */
export type FilterFiles = Readonly<Record<FilterName, string>>;

export interface LaunchEnd {
  /** 128 + signal when a signal ended the program. */
  exitCode: number | null;
  /** The signal that killed the launcher instead of the program. */
  signal: NodeJS.Signals | null;
  /** False if the launcher exited without starting the program. */
  started: boolean;
}

/** Identifies the process of a launched cell that is the program. CPU time, memory and threads are measured for it. */
export type ProgramProcess = 'launcher' | 'last child' | 'grandchild';

export interface Launched {
  /** The spawned process, the leader of its own group; null if the spawn failed. */
  launcher: ProcessMark | null;
  program: ProgramProcess;
  /** Sends SIGKILL to every process of the cell. */
  kill(): void;
  /** Resolves when no process of the cell is left. Rejects if the process could not be spawned or moved into its cgroup. */
  ended: Promise<LaunchEnd>;
}

/** Cells for programs whose exit code is the only result. They run in the order of `programs`. */
export interface SeriesSpec
  extends Pick<LaunchSpec, 'filter' | 'rootImage' | 'randomDevice' | 'cell' | 'limits' | 'account' | 'cgroup'> {
  /** Names of inputs of the cell. */
  programs: readonly string[];
}

export interface LaunchedSeries {
  /** Sends SIGKILL to every process of the series. */
  kill(): void;
  /**
   * Resolves when every process has ended. `codes` contains the exit code of each program: 128 + signal if a signal ended it,
   * or null if its cell was not started.
   */
  ended: Promise<{ codes: readonly (number | null)[]; stderr: string }>;
}

/** Attempts of the self-test that a tier does not promise to reject: the attempt's key → the reason. */
export type Exceptions = Readonly<Record<string, string>>;

/**
 * A way to isolate one program. Everything that differs between tiers is behind this interface; limits, folders,
 * control groups, the self-test and the classification of ends are shared.
 */
export interface Tier {
  readonly name: SandboxTier;
  /** Whether an input on another file system is bind-mounted into the cell (`bind`) or symlinked (`link`). */
  readonly outside: 'bind' | 'link';
  /**
   * `kernel`: only the outputs are writable, and `RLIMIT_FSIZE` bounds each output. `watched`: hostile code can write elsewhere, and only
   * the size of the outputs is checked.
   */
  readonly outputBound: 'kernel' | 'watched';
  /** Attempts of the self-test that this tier cannot reject, by key. The report always shows them. */
  readonly exceptions: Exceptions;
  /** Translates paths of the cell (`/in/x`, `/out/x`) in a text for a program in the cell. */
  inside(path: string): string;
  /** Reverses `inside` in the output of a program, so that messages are the same in every tier. */
  outsideText(text: string): string;
  launch(spec: LaunchSpec): Promise<Launched>;
  /**
   * Starts a launcher for a later cell. Null if the launcher could not be spawned. Tiers without this method start each cell without a
   * prepared launcher.
   */
  startAhead?(account: CellAccount | null): WaitingLauncher | null;
  /**
   * Starts a cell for each program, one after the other, with the same isolation as `launch`. The service does nothing between two cells,
   * so a series takes a fraction of the time. Absent in tiers that start each cell separately.
   */
  launchSeries?(spec: SeriesSpec): LaunchedSeries;
  /** Adds the remedy for this machine to the error of a failed launch. */
  explain(error: Error): Error;
}
