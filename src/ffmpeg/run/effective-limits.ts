import {
  type AppliedLimits,
  type JobLimits,
  LIMIT_MB,
  LIMIT_NAMES,
  type LimitName,
  type LimitSetter,
} from '../../contract/limit-bounds.ts';

/** Limits of a cell, in the units of the sandbox. */
export interface CellBudget {
  memoryBytes: number;
  cpuSeconds: number;
  wallMs: number;
  outputBytes: number;
}

export interface EffectiveLimits {
  budget: CellBudget;
  applied: AppliedLimits;
}

/** Name of each limit in the sandbox, and units of the sandbox per unit of the API. */
const UNITS: Readonly<Record<LimitName, { key: keyof CellBudget; scale: number }>> = {
  memory_mb: { key: 'memoryBytes', scale: LIMIT_MB },
  cpu_seconds: { key: 'cpuSeconds', scale: 1 },
  wall_seconds: { key: 'wallMs', scale: 1000 },
  output_mb: { key: 'outputBytes', scale: LIMIT_MB },
};

/**
 * Computes the limits of a job's cell: for each limit, the lowest value of server, account and job. `server` = the values that the planner
 * and the worker's machine allow. If two values are equal, the broader source counts as the setter, because raising only the narrower limit
 * would change nothing.
 */
export function effectiveLimits(server: CellBudget, account: JobLimits, job: JobLimits): EffectiveLimits {
  const budget = { ...server };
  const limits = {} as Record<LimitName, { value: number; setBy: LimitSetter }>;
  for (const name of LIMIT_NAMES) {
    const { key, scale } = UNITS[name];
    let setBy: LimitSetter = 'server';
    const lower = (setter: LimitSetter, value: number | null | undefined) => {
      if (value == null || value * scale >= budget[key]) return;
      budget[key] = value * scale;
      setBy = setter;
    };
    lower('account', account[name]);
    lower('job', job[name]);
    // The value is rounded down, so that the reported limit never exceeds the enforced limit.
    limits[name] = { value: Math.floor(budget[key] / scale), setBy };
  }
  return { budget, applied: { limits, hit: null } };
}

/** Maps the end of a killed cell, as the sandbox names it, to the limit that killed the cell. */
const LIMIT_OF_END: Readonly<Record<string, LimitName>> = {
  limit_memory: 'memory_mb',
  limit_cpu: 'cpu_seconds',
  limit_wall: 'wall_seconds',
  limit_output: 'output_mb',
};

/** Returns the limits with the limit that killed the cell, or with null if no limit did. */
export function withHit(applied: AppliedLimits, end: string): AppliedLimits {
  return { ...applied, hit: LIMIT_OF_END[end] ?? null };
}
