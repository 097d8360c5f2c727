import { memo } from 'preact/compat';
import { bytesText, durationText, percentText } from '../../lib/format.ts';
import {
  capitalized,
  formatText,
  isOver,
  jobName,
  type ListedJob,
  runSeconds,
  stateOf,
  waitingText,
} from '../../lib/job.ts';
import { blueprintTitle } from '../../state/blueprint-titles.ts';
import { kindNamed } from '../../state/kinds.ts';
import { Badge, Bar } from '../../ui/feedback.tsx';
import { Ago } from '../../ui/time.tsx';

/** Height of a row in pixels, as in the style sheet. */
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

/** A row of the list. The row of a job that has not changed is not drawn again. */
export const JobRow = memo(function JobRow({ job }: { job: ListedJob | undefined }) {
  if (!job) {
    return (
      <div role="cell" class="row-main">
        <span class="skeleton w-60" />
      </div>
    );
  }
  const kind = kindNamed(job.kind);
  const { text, tone } = stateOf(job);
  return (
    <>
      <div role="cell" class="row-main">
        <a href={`/jobs/${kind?.path ?? job.kind}/${job.id}`} class="clip">
          {listedName(job)}
        </a>
        <span class="muted small clip">{subtitleOf(job, kind?.noun.one)}</span>
      </div>
      <div role="cell" class="row-status">
        <Badge tone={tone}>{text}</Badge>
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

/** Returns the name of the job in the list. A run without a file is named after its blueprint. */
export function listedName(job: ListedJob): string {
  const noun = job.blueprint === undefined ? kindNamed(job.kind)?.noun.one : blueprintTitle(job.blueprint);
  return jobName(job, noun);
}

/** Returns the formats of the input and the outputs, the blueprint of a run, or the noun of a kind whose jobs have neither. */
function subtitleOf(job: ListedJob, noun = job.kind): string {
  if (job.blueprint !== undefined) return blueprintTitle(job.blueprint);
  const { inputs = [], outputs = [], output_format, duration_seconds } = job;
  if (output_format === undefined) return capitalized(noun);
  const formats = outputs.length > 1 ? [...new Set(outputs.map(({ format }) => format))] : [output_format];
  const made = `${formatText(inputs[0]?.format ?? null)} → ${formats.join(', ')}`;
  return duration_seconds == null ? made : `${made} · ${durationText(duration_seconds)}`;
}

function Progress({ job }: { job: ListedJob }) {
  if (!isOver(job) && job.status !== 'pending') {
    // Jobs of some kinds do not report progress.
    if (job.progress === undefined) return <span class="muted">–</span>;
    return (
      <>
        <Bar value={job.progress} label={`Progress of ${jobName(job)}`} />
        <span class="muted clip">
          {percentText(job.progress)}
          {job.speed != null && ` · ${job.speed.toFixed(1)}×`}
          {job.eta_seconds != null && ` · ${durationText(job.eta_seconds)} left`}
        </span>
      </>
    );
  }
  if (job.status === 'pending') {
    return <span class="muted clip">{waitingText(job)}</span>;
  }
  const seconds = runSeconds(job);
  return <span class="muted">{seconds === null ? '–' : `in ${durationText(seconds)}`}</span>;
}

function resultText({ error_code, retry, outputs = [] }: ListedJob): string {
  const code = error_code ?? retry?.error_code;
  if (code) return code;
  const output = outputs[0];
  if (!output) return '–';
  if (outputs.length > 1)
    return `${outputs.filter(({ status }) => status === 'completed').length} of ${outputs.length} outputs`;
  const size = output.width === null ? '' : `${output.width}×${output.height} · `;
  return `${size}${bytesText(output.size)}`;
}
