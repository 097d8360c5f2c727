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
  /** Host folder that is the cell's read-only `/`, or that replaces it. */
  rootImage: string;
  /**
   * Paths of the image that the cell contains. With null, the cell contains all paths. A tier that cannot hide the other paths shows them.
   */
  sees: readonly string[] | null;
  /** Whether the cell contains `RANDOM_DEVICE`. Set only if the device exists. A tier that cannot hide devices also shows other devices. */
  randomDevice: boolean;
  cell: Cell;
  limits: CellLimits;
  account: CellAccount | null;
  cgroup: CellCgroup | null;
  /** Null if the program has no standard input. */
  stdin: Readable | null;
  onStdout: ((chunk: Buffer) => void) | null;
  onStderr: (chunk: Buffer) => void;
  /**
   * Resolves to the launcher that waits for the next cell of the slot, which the caller must use. Resolves to null if no launcher waits.
   */
  acquireLauncher?: () => Promise<WaitingLauncher | null>;
  /** Called when the program is about to start. */
  onStarted?: () => void;
}

/** Paths of the BPF programs, by filter. */
export type FilterFiles = Readonly<Record<FilterName, string>>;

export interface LaunchEnd {
  /** The exit code of the program. 128 + signal if a signal ended the program. */
  exitCode: number | null;
  /** The signal that killed the launcher instead of the program. */
  signal: NodeJS.Signals | null;
  /** Whether the program started. False if the launcher exited without starting the program. */
  started: boolean;
}

/** Names the process of a launched cell that is the program, whose CPU time, memory and threads are measured. */
export type ProgramProcess = 'launcher' | 'last child' | 'grandchild';

export interface Launched {
  /** The spawned process, which is the leader of its own group. Null if the spawn failed. */
  launcher: ProcessMark | null;
  program: ProgramProcess;
  /** Sends SIGKILL to every process of the cell. */
  kill(): void;
  /** Resolves when no process of the cell is left. Rejects if the process could not be spawned or moved into its cgroup. */
  ended: Promise<LaunchEnd>;
}

/** Cells for programs of which only the exit code matters. The programs run in the order of `programs`. */
export interface SeriesSpec
  extends Pick<LaunchSpec, 'filter' | 'rootImage' | 'randomDevice' | 'cell' | 'limits' | 'account' | 'cgroup'> {
  /** Names of the cell's inputs that are run. */
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

/** Reasons for attempts of the self-test that a tier does not promise to reject, by the key of the attempt. */
export type Exceptions = Readonly<Record<string, string>>;

/**
 * A way to isolate a program. Everything that differs between tiers is behind this interface. Limits, folders, control groups, the
 * self-test and the classification of ends are shared.
 */
export interface Tier {
  readonly name: SandboxTier;
  /** Whether an input on another file system is bind-mounted into the cell (`bind`) or symlinked (`link`). */
  readonly outside: 'bind' | 'link';
  /**
   * What enforces the limit of a cell's disk use. `kernel`: only the outputs are writable, and `RLIMIT_FSIZE` bounds each output.
   * `watched`: hostile code can write elsewhere, and only the size of the outputs is checked.
   */
  readonly outputBound: 'kernel' | 'watched';
  /** Attempts of the self-test that this tier cannot reject, by key. The report always shows these attempts. */
  readonly exceptions: Exceptions;
  /** Translates paths of the cell (`/in/x`, `/out/x`) in a text for a program in the cell. */
  inside(path: string): string;
  /** Reverses `inside` in the output of a program, so that messages are the same in every tier. */
  outsideText(text: string): string;
  launch(spec: LaunchSpec): Promise<Launched>;
  /**
   * Starts a launcher for a later cell. Returns null if the launcher could not be spawned. Tiers without this method start each cell
   * without a prepared launcher.
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
