import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JobLimits, LIMIT_BOUNDS, LIMIT_MB, LIMIT_NAMES } from '../../contract/limit-bounds.ts';
import { type CellBudget, effectiveLimits, withHit } from './effective-limits.ts';

const SERVER: CellBudget = {
  memoryBytes: 1024.5 * LIMIT_MB,
  cpuSeconds: 240,
  wallMs: 120_500,
  outputBytes: 2_048_576_000,
};

describe('effective limits', () => {
  it('are the limits of the server unless lower limits are set', () => {
    const { budget, applied } = effectiveLimits(SERVER, {}, { memory_mb: null, wall_seconds: 121 });
    expect(budget).toEqual(SERVER);
    expect(applied.limits).toEqual({
      memory_mb: { value: 1024, setBy: 'server' },
      cpu_seconds: { value: 240, setBy: 'server' },
      wall_seconds: { value: 120, setBy: 'server' },
      output_mb: { value: 1953, setBy: 'server' },
    });
  });

  it('are lowered by account and job, each independently', () => {
    const account = { memory_mb: 512, cpu_seconds: 60, output_mb: 5000 };
    const job = { memory_mb: 256, cpu_seconds: 90, wall_seconds: 120 };
    const { budget, applied } = effectiveLimits(SERVER, account, job);
    expect(budget).toEqual({ ...SERVER, memoryBytes: 256 * LIMIT_MB, cpuSeconds: 60, wallMs: 120_000 });
    expect(Object.values(applied.limits).map(({ setBy }) => setBy)).toEqual(['job', 'account', 'job', 'server']);
  });

  it('name the broader source if two limits are equal, because raising only the narrower limit would not help', () => {
    const { applied } = effectiveLimits(
      SERVER,
      { memory_mb: 300, cpu_seconds: 240 },
      { memory_mb: 300, cpu_seconds: 240 },
    );
    expect([applied.limits.memory_mb.setBy, applied.limits.cpu_seconds.setBy]).toEqual(['account', 'server']);
  });

  it('are never above the limit of any source, and equal the limit of the source that they name', () => {
    const any = fc.record(
      Object.fromEntries(
        LIMIT_NAMES.map((name) => [
          name,
          fc.option(fc.integer({ min: LIMIT_BOUNDS[name].least, max: LIMIT_BOUNDS[name].most })),
        ]),
      ),
    ) as fc.Arbitrary<JobLimits>;
    const amount = fc.double({ min: 1, max: 1e13, noNaN: true });
    const server = fc.record({ memoryBytes: amount, cpuSeconds: amount, wallMs: amount, outputBytes: amount });
    fc.assert(
      fc.property(server, any, any, (allowed, account, job) => {
        const { budget, applied } = effectiveLimits(allowed, account, job);
        const scaled = (limits: JobLimits): Record<keyof CellBudget, number> => ({
          memoryBytes: (limits.memory_mb ?? Number.POSITIVE_INFINITY) * LIMIT_MB,
          cpuSeconds: limits.cpu_seconds ?? Number.POSITIVE_INFINITY,
          wallMs: (limits.wall_seconds ?? Number.POSITIVE_INFINITY) * 1000,
          outputBytes: (limits.output_mb ?? Number.POSITIVE_INFINITY) * LIMIT_MB,
        });
        const sources = { server: allowed, account: scaled(account), job: scaled(job) };
        for (const [index, key] of (Object.keys(budget) as (keyof CellBudget)[]).entries()) {
          const lowest = Math.min(...Object.values(sources).map((source) => source[key]));
          const { setBy } = applied.limits[LIMIT_NAMES[index]!];
          expect(budget[key]).toBe(lowest);
          expect(sources[setBy][key]).toBe(lowest);
        }
      }),
    );
  });
});

describe('withHit', () => {
  it('names the limit that ended a cell, and no limit for other ends', () => {
    const { applied } = effectiveLimits(SERVER, {}, {});
    const hit = (end: string) => withHit(applied, end).hit;
    expect(['limit_memory', 'limit_cpu', 'limit_wall', 'limit_output'].map(hit)).toEqual([...LIMIT_NAMES]);
    expect(['exit', 'canceled', 'violation', 'crash'].map(hit)).toEqual(Array(4).fill(null));
  });
});
