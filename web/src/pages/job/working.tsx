import type { Job } from '../../../../src/contract/transcodes.ts';
import { durationText, percentText } from '../../lib/format.ts';
import { jobName } from '../../lib/job.ts';
import { Bar } from '../../ui/feedback.tsx';

/** How far a job is that waits or runs. */
export function Working({ job }: { job: Job }) {
  const isRunning = job.status === 'processing';
  return (
    <section class="card card-body working" aria-label="Progress">
      <div class="working-head">
        <span class="value">{isRunning ? percentText(job.progress) : 'In the queue'}</span>
        <span class="muted">{isRunning ? detailOf(job) : placeOf(job)}</span>
      </div>
      <Bar value={job.progress} label={`Progress of ${jobName(job)}`} />
    </section>
  );
}

function placeOf({ queue_position: position }: Job): string {
  if (position === null) return 'It starts as soon as a worker is free.';
  return position === 1 ? 'It is the next one.' : `${position - 1} before it.`;
}

function detailOf({ speed, fps, eta_seconds: seconds }: Job): string {
  const parts = [
    speed === null ? null : `${speed.toFixed(1)}× speed`,
    fps === null ? null : `${Math.round(fps)} frames/s`,
    seconds === null ? null : `${durationText(seconds)} left`,
  ];
  return parts.filter(Boolean).join(' · ') || 'Looking at the input';
}
