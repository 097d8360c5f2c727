import { outputOverQuota, readAccountAndBytes, remainingQuota } from '../../accounts/stored-bytes.ts';
import type { Warning } from '../../contract/common.ts';
import { JobFailure } from '../../contract/failures.ts';
import { idleLimits } from '../../contract/limit-advice.ts';
import type { JobLimits } from '../../contract/limit-bounds.ts';
import { type CellBudget, type EffectiveLimits, effectiveLimits } from '../../ffmpeg/index.ts';
import type { Claim } from '../../jobs/rows.ts';
import type { DiskReservation } from '../resources/disk-reservation.ts';
import type { WorkTools } from '../tools.ts';

/**
 * Minimum memory of a cell unless the account or request sets less: estimates are rough, and even a tiny job loads 213
 * libraries.
 */
const MIN_CELL_BYTES = 1024 * 2 ** 20;
/** Factor by which a job may exceed the estimate before it is stopped. */
const MEMORY_MARGIN = 1.5;

/** Smallest output limit of a cell; no output is smaller. */
const LEAST_OUTPUT_BYTES = 4096;

export interface CappedLimits extends EffectiveLimits {
  /** Failure of an output that hits its limit, if the account's quota or the disk set that limit. */
  shortage: JobFailure | null;
}

/**
 * Computes the limits of the job's transcoding cell. The plan and this machine set the maximum; account and request can
 * lower it. The account is read now, so that a change applies to every job that starts later. Cells of ffprobe and the
 * sanitizer have small, fixed limits of their own.
 */
export async function cellLimits(
  tools: Pick<WorkTools, 'context' | 'settings'>,
  claim: Claim,
  plan: CellBudget,
  disk: Pick<DiskReservation, 'cellBytes'>,
  requested: JobLimits,
): Promise<CappedLimits & { warnings: Warning[] }> {
  const { db } = tools.context;
  const { account, stored } = (await readAccountAndBytes(db, claim.job.account_id)) ?? { account: null, stored: 0 };
  const server = serverLimits(plan, tools.settings.cellMemoryBytes);
  const onDisk = await disk.cellBytes();
  const inQuota = account ? remainingQuota(account, stored) : 0;
  if (account && inQuota < LEAST_OUTPUT_BYTES) throw outputOverQuota(account);
  const found = effectiveLimits(
    { ...server, outputBytes: Math.min(server.outputBytes, onDisk, inQuota) },
    account ?? {},
    requested,
  );
  const { outputBytes } = found.budget;
  const shortage =
    outputBytes === inQuota ? outputOverQuota(account!) : outputBytes === onDisk ? outputOverDisk(onDisk) : null;
  return { ...found, shortage, warnings: idleLimits(requested, found.applied.limits) };
}

/** Failure of an output for which the disk had too little free space. A retry may find more. */
function outputOverDisk(bytes: number): JobFailure {
  return new JobFailure(
    'storage_full',
    `The disk of the server had space for an output of ${bytes} bytes, and this one is larger.`,
  );
}

function serverLimits(plan: CellBudget, cellMemoryBytes: number): CellBudget {
  const memoryBytes = Math.min(cellMemoryBytes, Math.max(MIN_CELL_BYTES, Math.ceil(plan.memoryBytes * MEMORY_MARGIN)));
  return { memoryBytes, cpuSeconds: plan.cpuSeconds, wallMs: plan.wallMs, outputBytes: plan.outputBytes };
}
