import { getAccount } from '../../accounts/accounts.ts';
import { outputOverQuota, remainingQuota } from '../../accounts/stored-bytes.ts';
import type { Warning } from '../../contract/common.ts';
import { JobFailure } from '../../contract/failures.ts';
import { idleLimits } from '../../contract/limit-advice.ts';
import type { Claim } from '../../jobs/rows.ts';
import { type CellBudget, type EffectiveLimits, effectiveLimits, type Plan } from '../../media/index.ts';
import type { WorkTools } from '../kind.ts';
import type { WorkHold } from '../shared/work-room.ts';
import { openWholeRequest } from './request.ts';

/** Least memory that we give a cell of our own accord: the estimate is an estimate, and a tiny job still loads 213 libraries. */
const MIN_CELL_BYTES = 1024 * 2 ** 20;
/** How far a job may exceed the estimate before it is stopped. */
const MEMORY_MARGIN = 1.5;

/** Less than this no output fits into; the least that a cell can be given. */
const LEAST_OUTPUT_BYTES = 4096;

export interface RoomyLimits extends EffectiveLimits {
  /** What an output that hits its limit failed by, when the account's quota or the disk set that limit. */
  room: JobFailure | null;
}

/**
 * What the transcoding cell of this job may use: the plan and this machine say how much at most, account and request can
 * lower it. The account is asked now, so that a change of it holds for every job that starts after it. Cells of ffprobe and
 * the sanitizer have their own limits, which are small and fixed.
 */
export async function cellLimits(
  tools: Pick<WorkTools, 'context' | 'settings'>,
  claim: Claim,
  plan: Plan,
  hold: Pick<WorkHold, 'cellBytes'>,
): Promise<RoomyLimits & { warnings: Warning[] }> {
  const { db, vault } = tools.context;
  const account = await getAccount(db, claim.job.account_id);
  const asked = openWholeRequest(vault, claim.job)?.limits ?? {};
  const server = serverLimits(plan, tools.settings.cellMemoryBytes);
  const onDisk = await hold.cellBytes();
  const inQuota = account ? await remainingQuota(db, account) : 0;
  if (account && inQuota < LEAST_OUTPUT_BYTES) throw outputOverQuota(account);
  const found = effectiveLimits(
    { ...server, outputBytes: Math.min(server.outputBytes, onDisk, inQuota) },
    account ?? {},
    asked,
  );
  const { outputBytes } = found.budget;
  const room =
    outputBytes === inQuota ? outputOverQuota(account!) : outputBytes === onDisk ? outputOverDisk(onDisk) : null;
  return { ...found, room, warnings: idleLimits(asked, found.applied.limits) };
}

/** Of an output that hit a bound of the disk: another attempt may find more room. */
function outputOverDisk(bytes: number): JobFailure {
  return new JobFailure(
    'storage_full',
    `The disk of the server had room for an output of ${bytes} bytes, and this one is larger.`,
  );
}

function serverLimits(plan: Plan, cellMemoryBytes: number): CellBudget {
  const memoryBytes = Math.min(cellMemoryBytes, Math.max(MIN_CELL_BYTES, Math.ceil(plan.memoryBytes * MEMORY_MARGIN)));
  return { memoryBytes, cpuSeconds: plan.cpuSeconds, wallMs: plan.wallMs, outputBytes: plan.outputBytes };
}
