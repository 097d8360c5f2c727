import { durationText, percentText } from '../../lib/format.ts';
import { type AnyJob, jobName, statusText, waitingText } from '../../lib/job.ts';
import { Bar } from '../../ui/feedback.tsx';
import { Prose } from '../../ui/prose.tsx';
import { Due } from '../../ui/time.tsx';

/** The progress of a job that waits or runs. */
export function Working({ job }: { job: AnyJob }) {
  const isRunning = job.status !== 'pending';
  const { progress } = job;
  const state = progress === undefined ? statusText(job.status) : percentText(progress);
  return (
    <section class="card card-body working" aria-label="Progress">
      <div class="working-head">
        <span class="value">{isRunning ? state : waitingText(job)}</span>
        <span class="muted">{isRunning ? detailOf(job) : <Start job={job} />}</span>
      </div>
      {job.retry && <LastFailure {...job.retry} />}
      {progress !== undefined && <Bar value={progress} label={`Progress of ${jobName(job)}`} />}
    </section>
  );
}

/** The reason why the last attempt failed, and what to do. */
export function LastFailure({ error_code, error_advice }: NonNullable<AnyJob['retry']>) {
  return (
    <p>
      The last attempt failed with <code>{error_code}</code>. {error_advice && <Prose text={error_advice} />}
    </p>
  );
}

/** When a waiting job starts: at the time of its next attempt, or at its position in the queue. */
function Start({ job }: { job: AnyJob }) {
  if (!job.retry) return <>{positionText(job)}</>;
  return (
    <>
      starts <Due at={job.retry.at} />
    </>
  );
}

function positionText({ queue_position: position, waiting_for: awaited }: AnyJob): string {
  if (awaited === 'upload') return 'It starts when the upload is complete.';
  if (position == null) return 'It starts as soon as a worker is free.';
  if (position === 1) return 'It is next.';
  return `${position - 1} ${position === 2 ? 'job is' : 'jobs are'} ahead of it.`;
}

function detailOf({ awaiting, progress, speed, fps, eta_seconds: seconds }: AnyJob): string {
  if (awaiting === 'delivery') return 'Delivering the outputs';
  const parts = [
    speed == null ? null : `${speed.toFixed(1)}× speed`,
    fps == null ? null : `${Math.round(fps)} frames/s`,
    seconds == null ? null : `${durationText(seconds)} left`,
  ];
  return parts.filter(Boolean).join(' · ') || (progress === 0 ? 'Reading the input' : '');
}
