import { sql } from 'kysely';
import { spaceOf } from '../accounts/store-space.ts';
import { hasSpaceLeft, promisedToAll } from '../accounts/stored-bytes.ts';
import type { Health } from '../contract/health.ts';
import type { Context } from '../database/context.ts';
import { aliveWorkers } from './workers.ts';

const CHECK_MS = 3000;
/** Tiers, sorted from the weakest. */
const TIERS = ['none', 'landlock', 'bwrap', 'gvisor'];

/** Checks all dependencies that a job needs. `startedAt` is from `performance.now()`. Never rejects. */
export async function checkHealth(context: Pick<Context, 'db' | 'store'>, startedAt: number): Promise<Health> {
  const [database, storage] = await Promise.all([
    attempt(async () => {
      await sql`SELECT 1`.execute(context.db);
      return { workers: await aliveWorkers(context.db), promised: await promisedToAll(context.db) };
    }),
    attempt(() => spaceOf(context.store)),
  ]);
  const { workers = [], promised = { uploads: 0, outputs: 0 } } = database.value ?? {};
  const lowSpace = storage.value != null && !hasSpaceLeft(storage.value, promised);
  const newest = workers.at(-1);
  const tiers = [...new Set(workers.map((worker) => worker.tier))];
  // Any worker may run a job, so the weakest tier determines the result.
  const weakest = TIERS.find((tier) => tiers.includes(tier)) ?? tiers[0] ?? null;
  const ok = database.ok && storage.ok && !lowSpace;
  const checks = {
    database: { ok: database.ok, ...(database.error && { error: database.error }) },
    storage: {
      ok: storage.ok && !lowSpace,
      ...(storage.error && { error: storage.error }),
      ...(lowSpace && { error: 'low on disk space: nothing new is taken', low_space: true }),
    },
  };
  return {
    ok,
    timestamp: new Date().toISOString(),
    uptime: Math.round((performance.now() - startedAt) / 1000),
    supabase: {
      ok: database.ok,
      status: database.ok ? 200 : 503,
      statusText: database.ok ? 'OK' : 'Service Unavailable',
      connected: database.ok,
    },
    ...checks,
    workers: { alive: workers.length },
    ffmpeg: { version: newest?.ffmpeg ?? null },
    ...(!ok && { message: failureMessage(checks) }),
    sandbox: {
      tier: weakest,
      ...(weakest === 'none' && { warning: 'Jobs run without a sandbox (AIRLOCK_SANDBOX=none).' }),
    },
  };
}

function failureMessage(checks: Record<string, { ok: boolean; error?: string }>): string {
  const failed = Object.entries(checks).filter(([, { ok }]) => !ok);
  return `Not ready: ${failed.map(([name, { error }]) => `the ${name}: ${error}`).join(', ')}; try again in a moment.`;
}

/** Runs a check with a time limit. Replaces the driver's error messages, which may contain addresses and user names. */
async function attempt<T>(check: () => Promise<T>): Promise<{ ok: boolean; value?: T; error?: string }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('late')), CHECK_MS);
  });
  try {
    return { ok: true, value: await Promise.race([check(), late]) };
  } catch (error) {
    return {
      ok: false,
      error: (error as Error).message === 'late' ? `no response within ${CHECK_MS} ms` : 'does not respond',
    };
  } finally {
    clearTimeout(timer);
  }
}
