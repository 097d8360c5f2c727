import type { AnyJob } from '../../lib/job.ts';
import { Notice } from '../../ui/feedback.tsx';
import { Prose } from '../../ui/prose.tsx';

/** The reason why a job failed, and what to do, in the API's own sentences. */
export function Failure({ job }: { job: Pick<AnyJob, 'error_message' | 'error_advice' | 'error_code'> }) {
  return (
    <Notice tone="bad" title={job.error_message ?? 'The job failed.'}>
      {job.error_advice && (
        <p>
          <Prose text={job.error_advice} />
        </p>
      )}
      {job.error_code && (
        <p class="small">
          <code>{job.error_code}</code> · <a href={`/docs/failures#${job.error_code}`}>What the code means</a>
        </p>
      )}
    </Notice>
  );
}
