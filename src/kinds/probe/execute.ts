import { describeFile } from '../../attempt/media/describe-file.ts';
import { knownInfo } from '../../attempt/media/stored-info.ts';
import { remoteAddress } from '../../attempt/sources/remote-address.ts';
import { stageSource } from '../../attempt/sources/stage-source.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { type FailureCode, JobFailure } from '../../contract/failures.ts';
import type { ProbeAnswer } from '../../contract/probe.ts';
import type { Tx } from '../../database/pool.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { wakeWaiting } from '../../events/record.ts';
import { FetchError } from '../../fetcher/index.ts';
import { type ClaimedSource, sourceRow } from '../../jobs/rows.ts';
import { inspectionJson } from '../../uploads/upload.ts';
import type { AttemptResult } from '../kind.ts';
import { resultJson } from '../probe-result.ts';
import { probeCompleteFile } from './complete-file.ts';
import { probeRemote } from './remote.ts';

const SUBJECT = 'The file';

/**
 * Describes an object of the account, or a remote file from parts of it. A failed fetch is not retried, because a client waits for the
 * result.
 */
export async function executeProbe(tools: WorkTools, run: Run): Promise<AttemptResult> {
  const { job, inputs } = run.claim;
  const result = await probe(tools, run, inputs[0]!).catch((error: unknown) => {
    if (run.signal.aborted) throw error;
    if (error instanceof FetchError && error.code !== 'canceled') {
      const { code, message } = error;
      throw new JobFailure(code as FailureCode, `${SUBJECT}: ${message}`, { cause: error, retry: false });
    }
    throw error;
  });
  const nothing = { outputs: [], warnings: [], inputSeconds: null, attempt: null };
  const apply = (tx: Tx) => wakeWaiting(tx, job.id);
  return { outcome: 'completed', completion: { ...nothing, plan: resultJson.write(result), apply } };
}

async function probe(tools: WorkTools, run: Run, source: ClaimedSource): Promise<ProbeAnswer> {
  const row = sourceRow(run.claim.job, source);
  if (source.object_id === null) {
    const url = openColumn(tools.context.vault, 'job_sources', 'source_sealed', row);
    if (url === null) throw new JobFailure('input_deleted', `${SUBJECT} is no longer known.`);
    const address = await remoteAddress(tools, { accountId: run.claim.job.account_id, subject: SUBJECT }, url);
    return probeRemote(tools, run, address);
  }
  const inspection = inspectionJson.readOrNull(source.probe);
  const known = knownInfo(inspection);
  if (known) return describeFile(known, { sizeBytes: known.sizeBytes, container: inspection?.container ?? null });
  const { folder, signal, disk } = run;
  return probeCompleteFile(tools, run, await stageSource(tools, row, { folder, subject: SUBJECT, signal, disk }));
}
