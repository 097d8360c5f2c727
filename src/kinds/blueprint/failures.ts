import type { WorkTools } from '../../attempt/tools.ts';
import { isFailureCode, JobFailure } from '../../contract/failures.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import type { Job } from '../../jobs/rows.ts';

/** Returns the failure of a child as the failure of its parent. `subject` names the input or output of the child. */
export function failureOf({ context: { vault } }: Pick<WorkTools, 'context'>, child: Job | undefined, subject: string) {
  const code = child?.error_code ?? null;
  const message = child && openColumn(vault, 'jobs', 'error_sealed', child);
  return new JobFailure(
    code !== null && isFailureCode(code) ? code : 'internal',
    `${subject}: ${message ?? 'Its job was deleted.'}`,
    // The child has already used its attempts, so the parent is not retried.
    { retry: false },
  );
}
