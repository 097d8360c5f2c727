import type { Readable } from 'node:stream';
import type { Explanation } from '../ffmpeg/run/failure-text.ts';
import type { ProgressReport } from '../ffmpeg/run/progress.ts';
import type { Program } from './programs/program.ts';

/** Hard limits of one cell. Each limit has a minimum, because a zero would kill every job. */
export interface CellLimits {
  /** Maximum resident memory in bytes (cgroup). The address space limit derives from this limit (memory + 2 GiB, at least 4 GiB). */
  memoryBytes: number;
  /** Maximum CPU seconds of all threads together (RLIMIT_CPU). */
  cpuSeconds: number;
  /** Wall-clock milliseconds after which the entire process group gets SIGKILL. */
  wallMs: number;
  /** Maximum bytes of all outputs together. `RLIMIT_FSIZE` bounds each output exactly. The watchdog checks the sum of several outputs. */
  outputBytes: number;
  /** Maximum number of processes and threads. Defaults to 1024, which is enough for the thread pools of FFmpeg on a large machine. */
  tasks?: number;
  /** Maximum bytes on standard output, which is read and not stored. Defaults to `outputBytes`. */
  stdoutBytes?: number;
}

/** A directory that the program may fill, as /out/NAME/. */
export interface OutputDirectory {
  name: string;
  /** Subdirectories, which exist from the start. If the program creates any other subdirectory, the cell is killed. */
  directories?: readonly string[];
  /** Maximum number of files. The bytes of these files count towards the limit of all outputs. */
  maxFiles: number;
}

export interface CellSpec {
  /** The name of a program in the table. */
  program: string;
  /** Arguments as an array, never a shell string. Inputs are /in/<name>, and outputs are /out/<name>. */
  args: readonly string[];
  /** Host files that the program can read as /in/<name>. They are hard-linked or bind-mounted, and copied only if unavoidable. */
  inputs: readonly { name: string; path: string }[];
  /**
   * Names of the files that the program may write, as /out/<name>. The files exist from the start and are empty, so FFmpeg needs `-y`. The
   * program cannot create other files. Empty for a program that only reads.
   */
  outputs?: readonly string[];
  /**
   * Directories that the program may fill with files of any name, for a muxer that chooses the names. Checks bound these directories
   * instead of the kernel (docs/decisions/0016), so use them only where `outputs` is not enough. Their content is hostile: read it only
   * when the cell has ended, without following links.
   */
  outputDirectories?: readonly OutputDirectory[];
  limits: CellLimits;
  /**
   * Standard input of the program. By default, the program has no standard input. The stream is destroyed when the program exits. If the
   * stream fails, the program reads the end of its input and cannot detect the failure, so abort the cell.
   */
  stdin?: Readable;
  /** Receives the host path of the folder of `outputs`, before the program starts. */
  onOutputDir?: (path: string) => void;
  /** Receives standard output (JSON of ffprobe, or the -progress pipe) in chunks as they arrive. */
  onStdout?: (chunk: Buffer) => void;
  /** Receives the progress that the program reports on standard output. */
  onProgress?: (report: ProgressReport) => void;
  /** Aborting the signal cancels the cell: the entire process group is killed immediately. */
  signal?: AbortSignal;
  /** ID of the job that the cell serves. A command that cannot run twice in one attempt can run again in the next attempt of the job. */
  job?: string;
  /** Number of the worker's slot. Each slot has its own uid and cgroup, and never runs two cells concurrently. */
  slot: number;
}

/** How a cell ended. `exit` means that the program exited, with any code. */
export type CellEnd =
  | 'exit'
  | 'canceled'
  | 'limit_wall'
  | 'limit_cpu'
  | 'limit_memory'
  | 'limit_output'
  /** The program needed more threads than a cell may have. A second process is a violation instead. */
  | 'limit_processes'
  | 'violation'
  | 'crash';

export interface CellResult {
  end: CellEnd;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** Last 64 KiB of standard error, without control bytes, ANSI sequences and bidi marks. */
  stderr: string;
  /** Host path of the output folder. Valid until `release()` is called. */
  outputDir: string;
  cpuMs: number;
  maxRssBytes: number;
  wallMs: number;
  /** The build of the program that ran. New cells may already use another build. */
  build: Pick<ProgramBuild, 'version' | 'package'>;
  /** Explains why the program failed, from how it ended and from its messages. */
  explain(): Explanation;
  /** Removes the entire job folder. Call this once the outputs are stored. */
  release(): Promise<void>;
}

/** How a cell is isolated. docs/security-model/files.md describes what each tier guarantees. */
export type SandboxTier = 'bwrap' | 'landlock' | 'gvisor' | 'none';

/** What an attempt of the self-test tries to reach, in the order of reports. */
export const REACHES = [
  'files',
  'other_jobs',
  'secrets',
  'network',
  'devices',
  'processes',
  'kernel',
  'resources',
] as const;
export type Reach = (typeof REACHES)[number];

export interface SelfTestCheck {
  attempt: string;
  /** Absent if the check is about the test itself, such as a cell that could not be created. */
  reach?: Reach;
  expected: string;
  seen: string;
  /** Whether the check passed. Also true for an exception; see `promised`. */
  passed: boolean;
  /** Whether the tier promises this result. If not, `expected` explains why. */
  promised: boolean;
  /** For a failed check: how its cell ended, how long it took, and how busy the machine was. */
  detail?: string;
  /** Result of the first try, if this check is the second try. */
  firstTry?: string;
}

export interface SelfTestReport {
  tier: SandboxTier;
  passed: boolean;
  checks: SelfTestCheck[];
  at: Date;
}

export interface SandboxOptions {
  /**
   * Absolute path of the folder that contains `rootimg/` and `cells/`. If the service is root, other accounts must be able to traverse the
   * parent folders.
   */
  dataDir: string;
  /** Folder with the images of this installation. A new data directory copies an image instead of building it. */
  prepared?: string;
  logger?: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
  /** Number of cells that may run concurrently. Slot numbers are 0 … slots - 1. */
  slots: number;
  /** Defaults to `bwrap`. */
  tier?: SandboxTier;
  /** Programs that cells run. Defaults to the table in `programs/`. */
  programs?: readonly Program[];
  /** Paths that the operator set, by program. If the path of `ffmpeg` is set, `ffprobe` is expected in the same folder. */
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
  /** Version of the distribution package. Null if the program comes from no package. */
  readonly package: string | null;
  /** Path on the host. */
  readonly path: string;
  /** Time since which new cells use this build. */
  readonly since: Date;
  /**
   * Whether the program reads tags and filter graphs from files. If it does not (before FFmpeg 7), every account can see them in the
   * process list.
   */
  readonly readsArguments: boolean;
}

export interface Sandbox {
  readonly tier: SandboxTier;
  /** What bounds memory: a control group or, if no group can be created, only the address space limit. */
  readonly limits: 'cgroup' | 'rlimit';
  /** What enforces the limit of a cell's disk use: the kernel, or only periodic checks. */
  readonly outputBound: 'kernel' | 'watched';
  /** The builds that new cells use, by program. The builds change at runtime when another build is installed. */
  readonly programs: Readonly<Record<string, ProgramBuild>>;
  /** The capabilities that the installed programs provide, for jobs that need them. */
  readonly capabilities: readonly string[];
  /** The build of FFmpeg, which every worker has. */
  readonly ffmpeg: ProgramBuild;
  /**
   * Runs one untrusted program. Resolves regardless of how the program ends. Rejects if the cell cannot be created, or with the error of
   * `onStdout`.
   */
  run(spec: CellSpec): Promise<CellResult>;
  /**
   * Runs the hostile probe in cells. A single failed check means that the tier is broken. `full` adds attempts that need a second of CPU
   * time and are therefore too slow for startup.
   */
  selfTest(options?: { full?: boolean }): Promise<SelfTestReport>;
  close(): Promise<void>;
}
