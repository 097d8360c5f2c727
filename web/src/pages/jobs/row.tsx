import { memo } from 'preact/compat';
import type { JobListItem } from '../../../../src/contract/transcodes.ts';
import { bytesText, durationText, percentText } from '../../lib/format.ts';
import { formatText, jobName, runSeconds, STATUS_TEXT, STATUS_TONE } from '../../lib/job.ts';
import { Badge, Bar } from '../../ui/feedback.tsx';
import { Ago } from '../../ui/time.tsx';

/** Pixels, as in the style sheet. */
export const ROW_HEIGHT = 64;

export function JobsHead() {
  return (
    <div role="row" class="row row-head" aria-rowindex={1}>
      {['Job', 'Status', 'Progress', 'Result', 'Created'].map((text) => (
        <div role="columnheader" key={text}>
          {text}
        </div>
      ))}
    </div>
  );
}

/** A job that has not changed is not drawn again. */
export const JobRow = memo(function JobRow({ job }: { job: JobListItem | undefined }) {
  if (!job) {
    return (
      <div role="cell" class="row-main">
        <span class="skeleton w-60" />
      </div>
    );
  }
  return (
    <>
      <div role="cell" class="row-main">
        <a href={`/jobs/${job.id}`} class="clip">
          {jobName(job)}
        </a>
        <span class="muted small clip">
          {formatText(job.inputs[0]?.format ?? null)} → {job.output_format}
          {job.duration_seconds !== null && ` · ${durationText(job.duration_seconds)}`}
        </span>
      </div>
      <div role="cell" class="row-status">
        <Badge tone={STATUS_TONE[job.status]}>{STATUS_TEXT[job.status]}</Badge>
      </div>
      <div role="cell" class="row-progress small">
        <Progress job={job} />
      </div>
      <div role="cell" class="row-result small muted clip">
        {resultText(job)}
      </div>
      <div role="cell" class="row-time small muted">
        <Ago at={job.created_at} />
      </div>
    </>
  );
});

function Progress({ job }: { job: JobListItem }) {
  if (job.status === 'processing') {
    return (
      <>
        <Bar value={job.progress} label={`Progress of ${jobName(job)}`} />
        <span class="muted clip">
          {percentText(job.progress)}
          {job.speed !== null && ` · ${job.speed.toFixed(1)}×`}
          {job.eta_seconds !== null && ` · ${durationText(job.eta_seconds)} left`}
        </span>
      </>
    );
  }
  if (job.status === 'pending') {
    return <span class="muted">Waiting for a worker</span>;
  }
  const seconds = runSeconds(job);
  return <span class="muted">{seconds === null ? '–' : `in ${durationText(seconds)}`}</span>;
}

function resultText(job: JobListItem): string {
  if (job.error_code !== null) return job.error_code;
  const output = job.outputs[0];
  if (!output) return '–';
  if (job.outputs.length > 1) return `${job.outputs.length} outputs`;
  const size = output.width === null ? '' : `${output.width}×${output.height} · `;
  return `${size}${bytesText(output.size)}`;
}
