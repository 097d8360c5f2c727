import type { EventPage } from '../../../../src/contract/events.ts';
import type { JobDetails } from '../../../../src/contract/job-details.ts';
import { bytesText, durationText } from '../../lib/format.ts';
import { type AnyJob, capitalized, isOver, statusText } from '../../lib/job.ts';
import { Card } from '../../ui/page.tsx';
import { Ago } from '../../ui/time.tsx';

type Attempt = JobDetails['attempts'][number];
type Event = EventPage['events'][number];

const STATES: Record<Attempt['state'], string> = {
  running: 'is running',
  completed: 'completed',
  failed: 'failed',
  canceled: 'was canceled',
  lost: 'was lost because its worker died',
  released: 'was returned to the queue',
};

/** A moment in the life of a job. `state` is a class of the style sheet. */
interface Moment {
  key: string;
  title: string;
  at: string;
  facts?: string;
  state?: string;
}

interface TimelineProps {
  job: AnyJob;
  /** Events of the job, oldest first. The server stores events for seven days. */
  events: readonly Event[];
  /** Attempts; empty for kinds whose jobs have no list of attempts. */
  attempts: readonly Attempt[];
}

/** The life of a job, from its creation to its end. */
export function Timeline({ job, events, attempts }: TimelineProps) {
  return (
    <Card title="Timeline">
      <ol class="timeline">
        {momentsOf({ job, events, attempts }).map(({ key, title, at, facts, state }) => (
          <li key={key} class={state}>
            <strong>{title}</strong>
            <span class="muted small">
              <Ago at={at} /> {facts}
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** Returns the moments of a job. If the events of the job are no longer stored, uses the times that the job itself contains. */
function momentsOf({ job, events, attempts }: TimelineProps): Moment[] {
  const created = { key: 'created', title: 'Created', at: job.created_at };
  const told = events.flatMap((event) => momentOf(event, attempts) ?? []);
  if (told.some(({ key }) => key.startsWith('attempt')) || attempts.length === 0) {
    const isTold = !isOver(job) || told.some(({ state }) => state === job.status);
    return [created, ...told, ...(isTold ? [] : endOf(job))];
  }
  return [created, ...attempts.map(attemptMoment), ...endOf(job)];
}

function endOf({ status, completed_at }: AnyJob): Moment[] {
  return completed_at ? [{ key: 'end', title: statusText(status), at: completed_at, state: status }] : [];
}

/** Returns the moment of an event; null for events that the timeline shows elsewhere. */
function momentOf({ id, type, created_at: at, data }: Event, attempts: readonly Attempt[]): Moment | null {
  const what = type.slice(type.indexOf('.') + 1);
  switch (what) {
    case 'queued':
      return null;
    case 'started': {
      const attempt = attempts.find(({ number }) => number === data.attempt);
      return attempt ? attemptMoment(attempt) : { key: `attempt ${id}`, title: `Attempt ${data.attempt} started`, at };
    }
    case 'output_ready': {
      const name = typeof data.output === 'string' ? ` ${data.output}` : '';
      return { key: id, title: `Output${name} ready`, at, facts: `· ${data.format}`, state: 'ready' };
    }
    case 'awaiting_children':
      return { key: id, title: 'Waiting for the jobs of its parts', at, facts: `· ${data.children}` };
    case 'retrying':
      return { key: id, title: 'Waiting for another attempt', at, facts: `· ${data.error_code}` };
    case 'deleted':
      return { key: id, title: data.reason === 'erased' ? 'Erased' : 'Deleted', at };
    case 'output_delivered':
      return { key: id, title: 'Output delivered', at, facts: `· ${data.format}` };
    case 'delivery_failed':
      return { key: id, title: 'Output not delivered', at, facts: `· ${data.format}` };
    case 'completed':
    case 'failed':
    case 'canceled':
      return { key: id, title: statusText(what), at, state: what };
    default:
      return { key: id, title: capitalized(what.replaceAll('_', ' ')), at };
  }
}

function attemptMoment(attempt: Attempt): Moment {
  const { number, state, started_at: at } = attempt;
  return { key: `attempt ${number}`, title: `Attempt ${number} ${STATES[state]}`, at, facts: factsOf(attempt), state };
}

function factsOf(attempt: Attempt): string {
  const wall = attempt.ended_at ? (Date.parse(attempt.ended_at) - Date.parse(attempt.started_at)) / 1000 : null;
  const parts = [
    wall !== null && `took ${durationText(wall)}`,
    attempt.cpu_ms !== null && `${durationText(attempt.cpu_ms / 1000)} of CPU time`,
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
