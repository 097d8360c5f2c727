import type { Run, WorkTools } from '../../attempt/tools.ts';
import { checkBucket } from '../../connections/bucket.ts';
import { accessJson, type BucketAccess } from '../../connections/stored-connection.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { Tx } from '../../database/pool.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { wakeWaiting } from '../../events/record.ts';
import type { AttemptResult } from '../kind.ts';
import { resultJson } from './result.ts';

/** Milliseconds after which the check fails. This includes both requests and their retries. */
const MAX_MS = 20_000;

/** Writes a test object to the bucket and deletes it. A failed job is not retried, because a client waits for the result. */
export async function executeConnectionCheck(tools: WorkTools, run: Run): Promise<AttemptResult> {
  const { job } = run.claim;
  const sent = openColumn(tools.context.vault, 'jobs', 'request_source_sealed', job);
  if (sent === null) throw new JobFailure('internal', 'The request of the check is gone.', { retry: false });
  const access = accessJson.read(JSON.parse(sent));
  // Release the slot, so that a store that does not respond blocks no other jobs.
  run.lease.leave();
  const reason = await tools.transfers.checks.run(job.account_id, run, () => check(tools, run, access));
  const nothing = { outputs: [], warnings: [], inputSeconds: null, attempt: null };
  const apply = (tx: Tx) => wakeWaiting(tx, job.id);
  return { outcome: 'completed', completion: { ...nothing, plan: resultJson.write({ reason }), apply } };
}

/** Returns why the bucket cannot be used; null if it can be used. */
function check(tools: WorkTools, run: Run, access: BucketAccess): Promise<string | null> {
  const late = AbortSignal.timeout(MAX_MS);
  return checkBucket(tools.fetcher, access, AbortSignal.any([run.signal, late])).catch((error: unknown) => {
    if (run.signal.aborted || !late.aborted) throw error;
    return 'The store did not respond in time.';
  });
}
