import type { ProcessMark } from '../../ids/process-stat.ts';
import type { CellAccount } from '../cell/account.ts';
import type { Cell } from '../cell/cell.ts';
import type { CellCgroup } from '../cgroup/slot-group.ts';
import type { CellLimits, SandboxTier } from '../types.ts';

/** One program to be shut in. Paths in `program` and `args` are those that the cell shows: `/usr/bin/…`, `/in/…`, `/out/…`. */
export interface LaunchSpec {
  program: string;
  args: readonly string[];
  /** Folder on the host that is the cell's read-only `/`, or replaces it. */
  rootImage: string;
  cell: Cell;
  limits: CellLimits;
  account: CellAccount | null;
  cgroup: CellCgroup | null;
  onStdout: ((chunk: Buffer) => void) | null;
  onStderr: (chunk: Buffer) => void;
}

export interface LaunchEnd {
  /** 128 + signal when a signal ended the program itself. */
  exitCode: number | null;
  /** A signal that ended the launcher instead of the program. */
  signal: NodeJS.Signals | null;
  /** False when the launcher ended without having started the program. */
  started: boolean;
}

/** Which process of a launched cell is the program, whose CPU time, memory and threads count. */
export type ProgramPlace = 'launcher' | 'last child' | 'grandchild';

export interface Launched {
  /** The process that was spawned, a group of its own; null when there is none. */
  launcher: ProcessMark | null;
  program: ProgramPlace;
  /** SIGKILL to everything of the cell. */
  kill(): void;
  /** Resolves when every process of the cell is gone. Rejects when it could not be spawned or put into its cgroup. */
  ended: Promise<LaunchEnd>;
}

/** Where a promise of the self-test ends: attempt → what the tier says instead. */
export type Exceptions = Readonly<Record<string, string>>;

/**
 * A way to shut one program in, whatever it is made of. All that differs between the tiers is behind this interface;
 * limits, folders, control groups, the self-test and the reading of ends are the same for each.
 */
export interface Tier {
  readonly name: SandboxTier;
  /** Whether an input on another file system is bound into the cell (`bind`) or reached through a link (`link`). */
  readonly outside: 'bind' | 'link';
  /**
   * `kernel`: nothing can be written but the outputs, and `RLIMIT_FSIZE` bounds each. `watched`: hostile code can write
   * elsewhere, and only what the outputs hold is looked at.
   */
  readonly outputBound: 'kernel' | 'watched';
  /** Attempts of the self-test that this tier cannot refuse, by their key, and why. Shown, never passed in silence. */
  readonly exceptions: Exceptions;
  /** Where a path of the cell (`/in/x`, `/out/x`) lies for a program in it. */
  inside(path: string): string;
  /** Text of a program with the cell's paths as every tier shows them, so that messages are the same. */
  outsideText(text: string): string;
  launch(spec: LaunchSpec): Promise<Launched>;
  /** Turns a failed launch into the remedy for this machine. */
  explain(error: Error): Error;
}
