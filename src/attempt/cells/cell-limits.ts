import { outputOverQuota, readAccountAndBytes, remainingQuota } from '../../accounts/stored-bytes.ts';
import type { Warning } from '../../contract/common.ts';
import { JobFailure } from '../../contract/failures.ts';
import { idleLimits } from '../../contract/limit-advice.ts';
import type { JobLimits } from '../../contract/limit-bounds.ts';
import { type CellBudget, type EffectiveLimits, effectiveLimits } from '../../ffmpeg/index.ts';
import type { Run, WorkTools } from '../tools.ts';

/**
 * Minimum memory limit of a cell, unless the machine, the account or the request sets a lower limit. Estimates are rough, and even a tiny
 * job loads 213 libraries.
 */
const MIN_CELL_BYTES = 1024 * 2 ** 20;
/** Factor by which a job may exceed the estimate before it is stopped. */
const MEMORY_MARGIN = 1.5;

/** Bytes of the remaining quota below which no cell starts, because no output is smaller. */
const LEAST_OUTPUT_BYTES = 4096;

export interface CappedLimits extends EffectiveLimits {
  /** Failure of an output that exceeds its limit, if the account's quota or the disk set that limit. */
  shortage: JobFailure | null;
}

/** The account of a job, and its stored bytes. */
export type AccountOfJob = Awaited<ReturnType<typeof readAccountAndBytes>>;

/** Reads the account for `cellLimits`. */
export function readAccount(
  { context }: Pick<WorkTools, 'context'>,
  { claim }: Pick<Run, 'claim'>,
): Promise<AccountOfJob> {
  return readAccountAndBytes(context.db, claim.job.account_id);
}

/**
 * Computes the limits of the job's transcoding cell. The plan and this machine set the maximum, which the account and the request can
 * lower. Reads the account now, unless the caller began to read it when the job got its slot (`reading`). A change of the account therefore
 * applies to every job that starts later. Cells of ffprobe and the sanitizer have their own small, fixed limits.
 */
export async function cellLimits(
  tools: Pick<WorkTools, 'context' | 'settings'>,
  run: Pick<Run, 'claim'> & { disk: Pick<Run['disk'], 'cellBytes'> },
  plan: CellBudget,
  requested: JobLimits,
  reading: Promise<AccountOfJob> = readAccount(tools, run),
): Promise<CappedLimits & { warnings: Warning[] }> {
  const [found, onDisk] = await Promise.all([reading, run.disk.cellBytes()]);
  const { account, stored } = found ?? { account: null, stored: 0 };
  const server = serverLimits(plan, tools.settings.cellMemoryBytes);
  const inQuota = account ? remainingQuota(account, stored) : 0;
  if (account && inQuota < LEAST_OUTPUT_BYTES) throw outputOverQuota(account);
  const effective = effectiveLimits(
    { ...server, outputBytes: Math.min(server.outputBytes, onDisk, inQuota) },
    account ?? {},
    requested,
  );
  const { outputBytes } = effective.budget;
  const shortage =
    outputBytes === inQuota ? outputOverQuota(account!) : outputBytes === onDisk ? outputOverDisk(onDisk) : null;
  return { ...effective, shortage, warnings: idleLimits(requested, effective.applied.limits) };
}

/** Failure of an output for which the disk had too little free space. A retry may find more free space. */
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
