/* This file is separate from the schemas, like limits.ts, so that the command line can show these limits without loading a validator. */

/** Limits of a transcode's cell. Server, account and job can each set these limits. The lowest limit applies. */
export const LIMIT_NAMES = ['memory_mb', 'cpu_seconds', 'wall_seconds', 'output_mb'] as const;

export type LimitName = (typeof LIMIT_NAMES)[number];

/** Who set the limit that applies. */
export const LIMIT_SETTERS = ['job', 'account', 'server'] as const;

export type LimitSetter = (typeof LIMIT_SETTERS)[number];

/** Requested limits. Null and absent mean that no limit is requested. */
export type JobLimits = Readonly<Partial<Record<LimitName, number | null | undefined>>>;

/** Bytes of one MB in these limits. */
export const LIMIT_MB = 2 ** 20;

/** Bounds of a limit, the same for jobs and accounts. */
export interface LimitBounds {
  least: number;
  /** The reason for the minimum. */
  why: string;
  most: number;
  /** Unit that messages show after the value, such as `MB`. */
  unit: string;
}

export const LIMIT_BOUNDS: Readonly<Record<LimitName, LimitBounds>> = {
  // Measured with FFmpeg 7.1 on Debian 13 in a control group: loading FFmpeg and encoding H.264 takes 32 MB for 320x180, and 128 MB for
  // 720p.
  memory_mb: { least: 64, why: 'FFmpeg and its libraries need that much to load', most: 1_048_576, unit: 'MB' },
  cpu_seconds: { least: 1, why: 'the kernel counts in seconds', most: 10_000_000, unit: 's' },
  wall_seconds: { least: 1, why: 'starting FFmpeg alone takes a fraction of a second', most: 1_000_000, unit: 's' },
  output_mb: { least: 1, why: 'smaller outputs need no limit', most: 1_048_576, unit: 'MB' },
};

/** The limits that applied to a cell. */
export interface AppliedLimits {
  limits: Readonly<Record<LimitName, { value: number; setBy: LimitSetter }>>;
  /** The limit that stopped the cell. Null if no limit did. */
  hit: LimitName | null;
}
