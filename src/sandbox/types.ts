import type { Readable } from 'node:stream';
import type { Explanation } from '../ffmpeg/run/failure-text.ts';
import type { ProgressReport } from '../ffmpeg/run/progress.ts';
import type { Program } from './programs/program.ts';

/** Hard limits of one cell. Each limit has a minimum, because a zero would kill every job. */
export interface CellLimits {
  /** Resident memory in bytes (cgroup). The address space limit derives from it (memory + 2 GiB, at least 4 GiB). */
  memoryBytes: number;
  /** CPU seconds of all threads together (RLIMIT_CPU). */
  cpuSeconds: number;
  /** Wall-clock milliseconds; then the entire process group gets SIGKILL. */
  wallMs: number;
  /** Bytes of all outputs together. `RLIMIT_FSIZE` bounds each output exactly; the watchdog checks the sum of several outputs. */
  outputBytes: number;
  /** Processes and threads; 1024 by default, enough for the thread pools of FFmpeg on a large machine. */
  tasks?: number;
  /** Bytes on standard output, which is read and not stored. Default: `outputBytes`. */
  stdoutBytes?: number;
}

/** A directory that the program may fill, as /out/NAME/. */
export interface OutputDirectory {
  name: string;
  /** Subdirectories, which exist from the start. If the program creates any other subdirectory, the cell is killed. */
  directories?: readonly string[];
  /** Maximum number of files. Their bytes count towards the limit of all outputs. */
  maxFiles: number;
}

export interface CellSpec {
  /** The name of a program in the table. */
  program: string;
  /** Arguments as an array, never a shell string. Inputs are /in/<name>, outputs /out/<name>. */
  args: readonly string[];
  /** Host files that appear read-only as /in/<name>. Hard-linked or bind-mounted, and copied only when unavoidable. */
  inputs: readonly { name: string; path: string }[];
  /**
   * Names of the files that the program may write, as /out/<name>. They exist from the start and are empty, so FFmpeg needs `-y`. The
   * program cannot create other files. Empty for a program that only reads.
   */
  outputs?: readonly string[];
  /**
   * Directories that the program may fill with files of any name, for a muxer that chooses the names. Checks bound them instead of the
   * kernel (docs/decisions/0016), so use them only where `outputs` is not enough. Their content is hostile: read it only when the cell has
   * ended, without following links.
   */
  outputDirectories?: readonly OutputDirectory[];
  limits: CellLimits;
  /**
   * Standard input of the program; by default the program has none. The stream is destroyed when the program exits. If the stream fails,
   * the program sees the end of its input and cannot detect the failure, so abort the cell.
   */
  stdin?: Readable;
  /** Receives the host path of the folder of `outputs`, before the program starts. */
  onOutputDir?: (path: string) => void;
  /** Receives standard output (probe JSON or the -progress pipe) in chunks as it arrives. */
  onStdout?: (chunk: Buffer) => void;
  /** Receives the progress that the program reports on standard output. */
  onProgress?: (report: ProgressReport) => void;
  /** Aborting the signal cancels the cell: the entire process group is killed immediately. */
  signal?: AbortSignal;
  /** ID of the job that the cell serves. A command that cannot run twice in one attempt can run again in the next attempt of the job. */
  job?: string;
  /** Worker slot number. Each slot has its own uid and cgroup, and never runs two cells concurrently. */
  slot: number;
}

/** How a cell ended. `exit` means that FFmpeg exited, with any code. */
export type CellEnd =
  | 'exit'
  | 'canceled'
  | 'limit_wall'
  | 'limit_cpu'
  | 'limit_memory'
  | 'limit_output'
  /** The program needed more threads than a cell may have. (A second process is a violation instead.) */
  | 'limit_processes'
  | 'violation'
  | 'crash';

export interface CellResult {
  end: CellEnd;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** Last 64 KiB of standard error, without control bytes, ANSI sequences and bidi marks. */
  stderr: string;
  /** Host path of the output folder; valid until `release()` is called. */
  outputDir: string;
  cpuMs: number;
  maxRssBytes: number;
  wallMs: number;
  /** The build of the program that ran. New cells may already use another build. */
  build: Pick<ProgramBuild, 'version' | 'package'>;
  /** Why the program failed, derived from how it ended and from its messages. */
  explain(): Explanation;
  /** Removes the entire job folder. Must be called once the outputs are stored. */
  release(): Promise<void>;
}

/** How a cell is isolated; docs/security-model/files.md describes what each tier guarantees. */
export type SandboxTier = 'bwrap' | 'landlock' | 'gvisor' | 'none';

export interface SelfTestCheck {
  attempt: string;
  expected: string;
  seen: string;
  /** Also true for an exception; see `promised`. */
  passed: boolean;
  /** False if the tier does not promise this; `expected` then explains why. */
  promised: boolean;
  /** For a failed check: how its cell ended, its duration, and how busy the machine was. */
  detail?: string;
  /** Result of the first try, if this is the second. */
  firstTry?: string;
}

export interface SelfTestReport {
  tier: SandboxTier;
  passed: boolean;
  checks: SelfTestCheck[];
  at: Date;
}

export interface SandboxOptions {
  /** Absolute path; contains `rootimg/` and `cells/`. As root, its ancestors must be traversable by others. */
  dataDir: string;
  /** Folder with the images of this installation. A new data directory copies one instead of building it. */
  prepared?: string;
  logger?: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
  /** Number of cells that may run concurrently; slot numbers are 0 … slots - 1. */
  slots: number;
  /** Default: `bwrap`. */
  tier?: SandboxTier;
  /** Programs that cells run. Default: the table in `programs/`. */
  programs?: readonly Program[];
  /** Paths that the operator set, by program. With one for `ffmpeg`, `ffprobe` is expected in the same folder. */
  paths?: Readonly<Record<string, string | undefined>>;
  /** Called if the programs have changed, but cells cannot use the new programs. */
  onUnusable?: (error: Error) => void;
  /**
   * Set only by tests: milliseconds between polls of the installed programs, and milliseconds without changes before an upgrade is used.
   */
  watch?: { pollMs: number; settleMs: number };
}

export interface ProgramBuild {
  /** First line of the program's output about its version. */
  readonly version: string;
  /** Version of the distribution package; null when there is none. */
  readonly package: string | null;
  /** Path on the host. */
  readonly path: string;
  /** Time since which new cells use this build. */
  readonly since: Date;
  /**
   * Whether the program reads tags and filter graphs from files. If not (before FFmpeg 7), every account can see them in the process list.
   */
  readonly readsArguments: boolean;
}

export interface Sandbox {
  readonly tier: SandboxTier;
  /** What bounds memory: a control group or, where none can be created, only the address space limit. */
  readonly limits: 'cgroup' | 'rlimit';
  /** What enforces the limit of a cell's disk use: the kernel, or only periodic checks. */
  readonly outputBound: 'kernel' | 'watched';
  /** The builds that new cells use, by program. They change at runtime when another build is installed. */
  readonly programs: Readonly<Record<string, ProgramBuild>>;
  /** The capabilities that the installed programs provide, for jobs that need them. */
  readonly capabilities: readonly string[];
  /** The build of FFmpeg, which every worker has. */
  readonly ffmpeg: ProgramBuild;
  /** Runs one untrusted program. Resolves however the program ends; rejects only when the cell cannot be created. */
  run(spec: CellSpec): Promise<CellResult>;
  /**
   * Runs the hostile probe in cells. A single failed check means that the tier is broken. `full` adds attempts that need a second of CPU
   * time, too slow for startup.
   */
  selfTest(options?: { full?: boolean }): Promise<SelfTestReport>;
  close(): Promise<void>;
}
