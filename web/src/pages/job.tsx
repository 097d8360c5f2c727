import { useEffect, useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import type { JobDetails } from '../../../src/contract/job-details.ts';
import type { Job } from '../../../src/contract/transcodes.ts';
import { post } from '../api/client.ts';
import { may } from '../api/session-state.ts';
import { isErased, isOver, jobName, STATUS_TEXT, STATUS_TONE } from '../lib/job.ts';
import { useJob } from '../state/use-job.ts';
import { Button } from '../ui/button.tsx';
import { Badge, ErrorNotice, Notice, Skeleton } from '../ui/feedback.tsx';
import { Page } from '../ui/page.tsx';
import { useResource } from '../ui/resource.ts';
import { Attempts } from './job/attempts.tsx';
import { CommandCard, LogCard } from './job/command.tsx';
import { CancelDialog, EraseDialog } from './job/dialogs.tsx';
import { Failure } from './job/failure.tsx';
import { Result } from './job/media.tsx';
import { Facts, Inputs, Outputs } from './job/tables.tsx';
import { Working } from './job/working.tsx';

export function JobPage() {
  const { id } = useRoute().params;
  const { job, error, reload, set } = useJob(id!);
  if (!job) {
    return <Page title="Job">{error ? <ErrorNotice error={error} onRetry={reload} /> : <Skeleton lines={8} />}</Page>;
  }
  return <Shown key={job.id} job={job} set={set} />;
}

function Shown({ job, set }: { job: Job; set: (job: Job) => void }) {
  const [dialog, setDialog] = useState<'cancel' | 'erase' | null>(null);
  // Again with every attempt and with the end.
  const path = `/v1/transcodes/${job.id}/details`;
  const { data: details, reload } = useResource<JobDetails>(path);
  useEffect(reload, [job.status, job.attempts]);
  const hasOutput = job.status === 'completed' && job.output_url !== null;
  return (
    <Page
      title={jobName(job)}
      lead={
        <>
          <Badge tone={STATUS_TONE[job.status]}>{STATUS_TEXT[job.status]}</Badge> <span class="mono">{job.id}</span>
        </>
      }
      actions={<Actions job={job} details={details} onDialog={setDialog} />}
    >
      <p class="hidden-text" role="status">
        {isOver(job) ? `The job is ${STATUS_TEXT[job.status].toLowerCase()}.` : ''}
      </p>
      {job.status === 'failed' && <Failure job={job} />}
      {isErased(job) && (
        <Notice title="Erased">
          <p>
            Its files and names are deleted. <a href={`/v1/transcodes/${job.id}/receipt`}>The signed receipt</a> says
            what was deleted and when.
          </p>
        </Notice>
      )}
      {!isOver(job) && <Working job={job} />}
      {job.warnings.length > 0 && (
        <Notice tone="warn" title="Warnings">
          {job.warnings.map(({ field, message }) => (
            <p key={field + message}>
              <code>{field}</code> {message}
            </p>
          ))}
        </Notice>
      )}
      <div class="columns">
        <div class="stack">
          {hasOutput && <Result job={job} />}
          <Outputs job={job} />
          <Inputs job={job} details={details} />
          <CommandCard details={details} />
          <LogCard details={details} />
        </div>
        <div class="stack">
          <Facts job={job} />
          <Attempts job={job} details={details} />
        </div>
      </div>
      {dialog === 'cancel' && <CancelDialog job={job} onDone={set} onClose={() => setDialog(null)} />}
      {dialog === 'erase' && <EraseDialog job={job} onClose={() => setDialog(null)} />}
    </Page>
  );
}

interface ActionsProps {
  job: Job;
  details: JobDetails | undefined;
  onDialog: (dialog: 'cancel' | 'erase') => void;
}

function Actions({ job, details, onDialog }: ActionsProps) {
  const { route } = useLocation();
  if (!may('create')) return null;
  const request = details?.request;
  const again = async () => {
    const created = await post<Job>('/v1/transcodes', request, { 'idempotency-key': crypto.randomUUID() });
    route(`/jobs/${created.id}`);
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
      {!isErased(job) && (
        <Button icon="trash" look="danger" onClick={() => onDialog('erase')}>
          Erase
        </Button>
      )}
    </>
  );
}
