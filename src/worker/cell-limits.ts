import type { Warning } from '../contract/common.ts';
import { idleLimits } from '../contract/limit-advice.ts';
import { getAccount } from '../domain/accounts.ts';
import { type Claim, openWholeRequest } from '../domain/transcodes/row.ts';
import { type CellBudget, type EffectiveLimits, effectiveLimits, type Plan } from '../media/index.ts';
import type { WorkerDeps } from './deps.ts';

/** Least memory that we give a cell of our own accord: the estimate is an estimate, and a tiny job still loads 213 libraries. */
const MIN_CELL_BYTES = 1024 * 2 ** 20;
/** How far a job may exceed the estimate before it is stopped. */
const MEMORY_MARGIN = 1.5;

/**
 * What the transcoding cell of this job may use: the plan and this machine say how much at most, account and request can
 * lower it. The account is asked now, so that a change of it holds for every job that starts after it. Cells of ffprobe and
 * the first look have limits of their own, which are small and nobody's to change.
 */
export async function cellLimits(
  deps: Pick<WorkerDeps, 'context' | 'settings'>,
  claim: Claim,
  plan: Plan,
): Promise<EffectiveLimits & { warnings: Warning[] }> {
  const { db, vault } = deps.context;
  const account = await getAccount(db, claim.job.account_id);
  const asked = openWholeRequest(vault, claim.job)?.limits ?? {};
  const found = effectiveLimits(serverLimits(plan, deps.settings.cellMemoryBytes), account ?? {}, asked);
  return { ...found, warnings: idleLimits(asked, found.applied.limits) };
}

function serverLimits(plan: Plan, cellMemoryBytes: number): CellBudget {
  const memoryBytes = Math.min(cellMemoryBytes, Math.max(MIN_CELL_BYTES, Math.ceil(plan.memoryBytes * MEMORY_MARGIN)));
  return { memoryBytes, cpuSeconds: plan.cpuSeconds, wallMs: plan.wallMs, outputBytes: plan.outputBytes };
}
