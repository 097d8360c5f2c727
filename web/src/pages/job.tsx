import { useEffect, useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import type { EventPage } from '../../../src/contract/events.ts';
import type { JobDetails } from '../../../src/contract/job-details.ts';
import type { Job } from '../../../src/contract/transcodes.ts';
import { post } from '../api/client.ts';
import { onEvents } from '../api/events.ts';
import { may } from '../api/session-state.ts';
import { type AnyJob, isErased, isOver, jobName, stateOf, statusText, TRANSCODES } from '../lib/job.ts';
import { kindAt } from '../state/kinds.ts';
import { useJob } from '../state/use-job.ts';
import { Button } from '../ui/button.tsx';
import { Badge, ErrorNotice, Notice, Skeleton } from '../ui/feedback.tsx';
import { Page } from '../ui/page.tsx';
import { useResource } from '../ui/resource.ts';
import { CommandCard, LogCard } from './job/command.tsx';
import { CancelDialog, EraseDialog } from './job/dialogs.tsx';
import { Facts } from './job/facts.tsx';
import { Failure } from './job/failure.tsx';
import { Gallery } from './job/gallery.tsx';
import { Inputs } from './job/inputs.tsx';
import { Ladders } from './job/ladders.tsx';
import { mainOutput, Result } from './job/media.tsx';
import { Outputs } from './job/outputs.tsx';
import { Timeline } from './job/timeline.tsx';
import { Working } from './job/working.tsx';

export function JobPage() {
  const { id, path = TRANSCODES } = useRoute().params;
  const { job, error, reload, set } = useJob(path, id!);
  if (!job) {
    return <Page title="Job">{error ? <ErrorNotice error={error} onRetry={reload} /> : <Skeleton lines={8} />}</Page>;
  }
  return <Shown key={job.id} path={path} job={job} set={set} reload={reload} />;
}

interface ShownProps {
  /** The path of the job's kind. */
  path: string;
  job: AnyJob;
  set: (job: AnyJob) => void;
  reload: () => void;
}

function Shown({ path, job, set, reload }: ShownProps) {
  const [dialog, setDialog] = useState<'cancel' | 'erase' | null>(null);
  const { details, events } = useHistory(path, job);
  const url = `/v1/${path}/${job.id}`;
  const name = jobName(job, kindAt(path)?.noun.one);
  const erased = isErased(job) || events.some(({ type }) => type.endsWith('.deleted'));
  const state = stateOf(job);
  const transcode = path === TRANSCODES ? (job as Job) : null;
  const close = () => setDialog(null);
  return (
    <Page
      title={name}
      lead={
        <>
          <Badge tone={state.tone}>{state.text}</Badge> <span class="mono">{job.id}</span>
        </>
      }
      actions={<Actions job={job} isErased={erased} details={details} onDialog={setDialog} />}
    >
      <p class="hidden-text" role="status">
        {isOver(job) ? `${name}: ${statusText(job.status)}.` : ''}
      </p>
      <Notices job={job} url={url} isErased={erased} />
      <div class="columns">
        <div class="stack">
          {!erased && (
            <>
              <Result job={job} url={url} name={name} />
              <Ladders job={job} url={url} />
              <Gallery job={job} url={url} except={mainOutput(job)?.name} />
            </>
          )}
          <Outputs job={job} url={url} isErased={erased} onChange={reload} />
          {transcode && <Inputs job={transcode} details={details} />}
          <CommandCard details={details} />
          <LogCard details={details} />
        </div>
        <div class="stack">
          <Facts job={job} />
          <Timeline job={job} events={events} attempts={details?.attempts ?? []} />
        </div>
      </div>
      {dialog === 'cancel' && <CancelDialog name={name} url={url} onDone={set} onClose={close} />}
      {dialog === 'erase' && <EraseDialog name={name} url={url} onClose={close} />}
    </Page>
  );
}

/**
 * Returns how the job was requested and ran, and its events. The details are read again after each attempt, output and end. The events are
 * read again after each event.
 */
function useHistory(path: string, job: AnyJob) {
  const url = `/v1/${path}/${job.id}`;
  const { data: details, reload: readDetails } = useResource<JobDetails>(path === TRANSCODES ? `${url}/details` : null);
  const { data: page, reload: readEvents } = useResource<EventPage>(`${url}/events?limit=100`);
  const complete = job.outputs?.filter(({ status }) => status === 'completed').length;
  useEffect(readDetails, [job.status, job.attempts, complete]);
  useEffect(
    () =>
      onEvents((events) => {
        const isMine = events.some(({ type, data }) => data.job_id === job.id && !type.endsWith('.progress'));
        if (isMine || events.some(({ type }) => type === 'stream.open')) readEvents();
      }),
    [job.id, readEvents],
  );
  return { details, events: page?.events ?? [] };
}

function Notices({ job, url, isErased }: { job: AnyJob; url: string; isErased: boolean }) {
  const { warnings = [] } = job;
  return (
    <>
      {job.status === 'failed' && <Failure job={job} />}
      {isErased && (
        <Notice title="Erased">
          <p>
            Its files and names are deleted. <a href={`${url}/receipt`}>The signed receipt</a> lists what was deleted
            and when.
          </p>
        </Notice>
      )}
      {!isOver(job) && <Working job={job} />}
      {warnings.length > 0 && (
        <Notice tone="warn" title="Warnings">
          {warnings.map(({ field, message }) => (
            <p key={field + message}>
              <code>{field}</code> {message}
            </p>
          ))}
        </Notice>
      )}
    </>
  );
}

interface ActionsProps {
  job: AnyJob;
  isErased: boolean;
  details: JobDetails | undefined;
  onDialog: (dialog: 'cancel' | 'erase') => void;
}

function Actions({ job, isErased, details, onDialog }: ActionsProps) {
  const { route } = useLocation();
  if (!may('create')) return null;
  const request = details?.request;
  const again = async () => {
    const created = await post<Job>(`/v1/${TRANSCODES}/${job.id}/retry`, undefined, {
      'idempotency-key': crypto.randomUUID(),
    });
    route(`/jobs/${TRANSCODES}/${created.id}`);
  };
  return (
    <>
      {isOver(job) && request && (
        <Button icon="refresh" onClick={again}>
          {job.status === 'completed' ? 'Run again' : 'Retry'}
        </Button>
      )}
      {!isOver(job) && (
        <Button icon="stop" onClick={() => onDialog('cancel')}>
          Cancel
        </Button>
      )}
      {!isErased && (
        <Button icon="trash" look="danger" onClick={() => onDialog('erase')}>
          Erase
        </Button>
      )}
    </>
  );
}
