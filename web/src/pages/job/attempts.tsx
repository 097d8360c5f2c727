import type { JobDetails } from '../../../../src/contract/job-details.ts';
import type { Job } from '../../../../src/contract/transcodes.ts';
import { bytesText, durationText } from '../../lib/format.ts';
import { STATUS_TEXT } from '../../lib/job.ts';
import { Card } from '../../ui/page.tsx';
import { Ago } from '../../ui/time.tsx';

type Attempt = JobDetails['attempts'][number];

const STATES: Record<Attempt['state'], string> = {
  running: 'runs',
  completed: 'completed',
  failed: 'failed',
  canceled: 'was canceled',
  lost: 'was lost: its worker died',
  released: 'was given back to the queue',
};

/** The life of a job, from its creation to its end. */
export function Attempts({ job, details }: { job: Job; details: JobDetails | undefined }) {
  return (
    <Card title="Timeline">
      <ol class="timeline">
        <li>
          <strong>Created</strong>
          <span class="muted small">
            <Ago at={job.created_at} />
          </span>
        </li>
        {details?.attempts.map((attempt) => (
          <li key={attempt.number} class={attempt.state}>
            <strong>
              Attempt {attempt.number} {STATES[attempt.state]}
            </strong>
            <span class="muted small">
              <Ago at={attempt.started_at} /> {factsOf(attempt)}
            </span>
          </li>
        ))}
        {job.completed_at && (
          <li class={job.status}>
            <strong>{STATUS_TEXT[job.status]}</strong>
            <span class="muted small">
              <Ago at={job.completed_at} />
            </span>
          </li>
        )}
      </ol>
    </Card>
  );
}

function factsOf(attempt: Attempt): string {
  const wall = attempt.ended_at ? (Date.parse(attempt.ended_at) - Date.parse(attempt.started_at)) / 1000 : null;
  const parts = [
    wall !== null && `took ${durationText(wall)}`,
    attempt.cpu_ms !== null && `${durationText(attempt.cpu_ms / 1000)} of processor`,
    attempt.max_rss_bytes !== null && `${bytesText(attempt.max_rss_bytes)} memory`,
    `in ${attempt.tier}`,
    attempt.error_code,
    attempt.signal ?? (attempt.exit_code ? `exit code ${attempt.exit_code}` : null),
  ];
  return parts
    .filter(Boolean)
    .map((part) => `· ${part} `)
    .join('')
    .trim();
}
