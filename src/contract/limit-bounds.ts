/* Apart from the schemas, like limits.ts: the command line shows these without loading a validator. */

/** What the cell of a transcode may use at most. Server, account and job each have a word; the lowest counts. */
export const LIMIT_NAMES = ['memory_mb', 'cpu_seconds', 'wall_seconds', 'output_mb'] as const;

export type LimitName = (typeof LIMIT_NAMES)[number];

/** Who set the limit that counts. */
export const LIMIT_SETTERS = ['job', 'account', 'server'] as const;

export type LimitSetter = (typeof LIMIT_SETTERS)[number];

/** Null and absent alike: nothing is asked for. */
export type JobLimits = Readonly<Partial<Record<LimitName, number | null | undefined>>>;

/** A megabyte of these limits, bytes. */
export const LIMIT_MB = 2 ** 20;

/** Bounds of a limit, the same for jobs and accounts. */
export interface LimitBounds {
  least: number;
  /** Why the minimum is not lower. */
  why: string;
  most: number;
  /** In words, after a number. */
  unit: string;
}

export const LIMIT_BOUNDS: Readonly<Record<LimitName, LimitBounds>> = {
  // Measured (FFmpeg 7.1, Debian 13, control group): loading and 320x180 to H.264 takes 32 MB, 720p 128 MB.
  memory_mb: { least: 64, why: 'FFmpeg and its libraries need that much to load', most: 1_048_576, unit: 'MB' },
  cpu_seconds: { least: 1, why: 'the kernel counts whole seconds', most: 10_000_000, unit: 's' },
  wall_seconds: { least: 1, why: 'starting FFmpeg alone takes a part of a second', most: 1_000_000, unit: 's' },
  output_mb: { least: 1, why: 'smaller outputs need no limit', most: 1_048_576, unit: 'MB' },
};

/** The limits that a cell was given. */
export interface AppliedLimits {
  limits: Readonly<Record<LimitName, { value: number; setBy: LimitSetter }>>;
  /** The one that ended the cell. */
  hit: LimitName | null;
}
