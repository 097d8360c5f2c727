/** What one cell may use. All are hard limits; a floor guards against a zero that would kill every job. */
export interface CellLimits {
  /** Resident memory, bytes (cgroup); the address space limit is derived from it (memory + 2 GiB, at least 4 GiB). */
  memoryBytes: number;
  /** CPU seconds over all threads (RLIMIT_CPU). */
  cpuSeconds: number;
  /** Wall clock, milliseconds; then SIGKILL to the whole group. */
  wallMs: number;
  /** Bytes of all outputs together. `RLIMIT_FSIZE` bounds each, so that one alone is bounded to the byte; the sum of several is watched. */
  outputBytes: number;
  /** Bytes on standard output, which is read and not stored; as many as `outputBytes` unless said. */
  stdoutBytes?: number;
}

export interface CellSpec {
  program: 'ffmpeg' | 'ffprobe';
  /** Arguments as an array; never a shell string. Inputs are named /in/<name>, outputs lie in /out. */
  args: readonly string[];
  /** Files on the host that appear read-only as /in/<name>. Hard-linked or bound, never copied where avoidable. */
  inputs: readonly { name: string; path: string }[];
  /**
   * Names of the files that the program may write, as /out/<name>; they are there from the start, empty, and no others can be
   * made. FFmpeg wants `-y` for that. None for a program that only reads.
   */
  outputs?: readonly string[];
  limits: CellLimits;
  /** Standard output (probe JSON or the -progress pipe), in chunks, as it comes. */
  onStdout?: (chunk: Buffer) => void;
  /** Abort = cancel: the whole process group is killed immediately. */
  signal?: AbortSignal;
  /** Worker slot number; the same slot is never used by two cells concurrently (own uid and cgroup per slot). */
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
  /** More threads than a cell may have; a second process is a violation. */
  | 'limit_processes'
  | 'violation'
  | 'crash';

export interface CellResult {
  end: CellEnd;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** Last 64 kB of standard error, control bytes, ANSI and bidi removed. */
  stderr: string;
  /** Host path of the output folder; lives until `release()` is called. */
  outputDir: string;
  cpuMs: number;
  maxRssBytes: number;
  wallMs: number;
  /** Removes the whole job folder. Must be called once the outputs have been stored. */
  release(): Promise<void>;
}

/** How a cell is shut in; docs/security-model.md says what each promises. */
export type SandboxTier = 'bwrap' | 'landlock' | 'gvisor' | 'none';

export interface SelfTestCheck {
  attempt: string;
  expected: string;
  seen: string;
  /** True for an exception, too: see `promised`. */
  passed: boolean;
  /** False when the tier does not promise this; `expected` says why. */
  promised: boolean;
  /** Of a failed check: how its cell ended, how long it took, and how busy the machine was. */
  detail?: string;
  /** What was seen first, where this is the second try. */
  firstTry?: string;
}

export interface SelfTestReport {
  tier: SandboxTier;
  passed: boolean;
  checks: SelfTestCheck[];
  at: Date;
}

export interface SandboxOptions {
  /** Absolute; `rootimg/` and `cells/` are made in it. As root its ancestors must be traversable by others. */
  dataDir: string;
  logger?: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
  /** Number of cells that may run concurrently; slot numbers are 0 … slots - 1. */
  slots: number;
  /** `bwrap` unless another is asked for. */
  tier?: SandboxTier;
  /** Another FFmpeg than the trimmed or the system's; `ffprobe` is looked for beside it. */
  ffmpegPath?: string | undefined;
  /** Milliseconds between checks of the installed FFmpeg, and of rest after a change; for tests. */
  watch?: { lookMs: number; settleMs: number };
}

export interface FfmpegBuild {
  /** First line of `ffmpeg -version`. */
  readonly version: string;
  /** The distribution's package version, where there is one. */
  readonly package: string | null;
  /** Where it lies on the host. */
  readonly path: string;
  /** Since when cells get it. */
  readonly since: Date;
  /** Whether tags and graphs reach it in files of the cell. Before FFmpeg 7, every account of the machine can read them. */
  readonly readsArguments: boolean;
}

export interface Sandbox {
  readonly tier: SandboxTier;
  /** What bounds memory: a control group, or only the address space where none can be made. */
  readonly limits: 'cgroup' | 'rlimit';
  /** What enforces the limit of a cell's disk use: the kernel, or only periodic checks. */
  readonly outputBound: 'kernel' | 'watched';
  /** The build that new cells get; it changes while the service runs when another is installed. */
  readonly ffmpeg: FfmpegBuild;
  /** Runs one untrusted program; resolves whatever happens to the program, rejects only when the cell could not be made. */
  run(spec: CellSpec): Promise<CellResult>;
  /**
   * Runs the hostile probe in cells; a single failed check means that the tier is broken. `full` adds the attempts
   * that take a second of the processor, which a start has no time for.
   */
  selfTest(options?: { full?: boolean }): Promise<SelfTestReport>;
  close(): Promise<void>;
}
