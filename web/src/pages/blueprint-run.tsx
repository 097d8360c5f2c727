import { useEffect, useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import type { BlueprintInfo, BlueprintRun, RunStep } from '../../../src/contract/blueprints.ts';
import { onEvents } from '../api/events.ts';
import { may } from '../api/session-state.ts';
import { isOver, jobName, stateOf, waitingText } from '../lib/job.ts';
import { Button, LinkButton } from '../ui/button.tsx';
import { Badge, ErrorNotice, Notice, Skeleton } from '../ui/feedback.tsx';
import { Card, Page } from '../ui/page.tsx';
import { useResource } from '../ui/resource.ts';
import { Ago } from '../ui/time.tsx';
import { Review } from './blueprints/review.tsx';
import { CancelDialog, EraseDialog } from './job/dialogs.tsx';
import { Kept } from './job/facts.tsx';
import { Failure } from './job/failure.tsx';
import { LastFailure } from './job/working.tsx';

const STEPS: Readonly<Record<RunStep, string>> = {
  queued: 'Accepted',
  probe: 'Read the inputs',
  transcribe: 'Transcribe the speech',
  review: 'Review the captions',
  render: 'Make the outputs',
  done: 'Done',
};
const OF_CAPTIONS: readonly RunStep[] = ['transcribe', 'review'];

export function BlueprintRunPage() {
  const id = useRoute().params.id!;
  const { data: run, error, reload, set } = useResource<BlueprintRun>(`/v1/blueprints/runs/${id}`);
  const catalogue = useResource<{ items: BlueprintInfo[] }>('/v1/blueprints');
  useEffect(
    () =>
      onEvents((events) => {
        if (events.some(({ type, data }) => data.job_id === id || type === 'stream.open')) reload();
      }),
    [id, reload],
  );
  if (!run) {
    return <Page title="Run">{error ? <ErrorNotice error={error} onRetry={reload} /> : <Skeleton lines={8} />}</Page>;
  }
  const blueprint = catalogue.data?.items.find(({ slug }) => slug === run.blueprint);
  return <Shown run={run} blueprint={blueprint} set={set} reload={reload} />;
}

interface ShownProps {
  run: BlueprintRun;
  blueprint: BlueprintInfo | undefined;
  set: (run: BlueprintRun) => void;
  reload: () => void;
}

function Shown({ run, blueprint, set, reload }: ShownProps) {
  const [dialog, setDialog] = useState<'cancel' | 'erase' | null>(null);
  const url = `/v1/blueprints/runs/${run.id}`;
  const title = blueprint?.title ?? run.blueprint;
  const name = jobName(run, title);
  const { text, tone } = stateOf(run);
  const close = () => setDialog(null);
  const over = isOver(run);
  return (
    <Page
      title={name}
      lead={
        <>
          <Badge tone={tone}>{text}</Badge> <a href={`/blueprints/${run.blueprint}`}>{title}</a>
          <span class="muted">
            {' '}
            · created <Ago at={run.created_at} />
          </span>
        </>
      }
      actions={
        may('create') && (
          <>
            {!over && <Button onClick={() => setDialog('cancel')}>Cancel</Button>}
            <LinkButton href={`/blueprints/${run.blueprint}`}>Run again</LinkButton>
            <Button icon="trash" look="danger" onClick={() => setDialog('erase')}>
              Erase
            </Button>
          </>
        )
      }
    >
      {run.status === 'failed' && <Failure job={run} />}
      {run.retry && (
        <Notice tone="warn" title={waitingText(run)}>
          <LastFailure {...run.retry} />
        </Notice>
      )}
      {run.status === 'awaiting_review' && <Review key={run.id} run={run} onContinued={set} />}
      <div class="columns">
        <Results run={run} blueprint={blueprint} />
        <Steps run={run} hasCaptions={run.srt_text !== null || OF_CAPTIONS.includes(run.step)} />
      </div>
      {dialog === 'cancel' && <CancelDialog name={name} url={url} onDone={reload} onClose={close} />}
      {dialog === 'erase' && (
        <EraseDialog
          name={name}
          url={url}
          onClose={() => {
            close();
            reload();
          }}
        />
      )}
    </Page>
  );
}

function Steps({ run, hasCaptions }: { run: BlueprintRun; hasCaptions: boolean }) {
  const steps = (Object.keys(STEPS) as RunStep[]).filter((step) => hasCaptions || !OF_CAPTIONS.includes(step));
  const at = steps.indexOf(run.step);
  const stateOf = (index: number) => {
    if (index < at || run.status === 'completed') return 'completed';
    if (index > at) return '';
    return run.status === 'failed' || run.status === 'canceled' ? 'failed' : 'running';
  };
  return (
    <Card title="Steps">
      <ol class="timeline">
        {steps.map((step, index) => (
          <li key={step} class={stateOf(index)} aria-current={index === at && !isOver(run) ? 'step' : undefined}>
            {STEPS[step]}
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Results({ run, blueprint }: { run: BlueprintRun; blueprint: BlueprintInfo | undefined }) {
  if (run.outputs.length === 0)
    return (
      <Card title="Outputs">
        <p class="muted">
          {isOver(run) ? 'The run has no outputs.' : 'The outputs appear here when the run is complete.'}
        </p>
      </Card>
    );
  return (
    <Card title="Outputs">
      <div class={run.outputs.length > 1 ? 'gallery' : ''}>
        {run.outputs.map(({ label, url }) => (
          <figure key={label} class="run-output">
            <Preview
              url={url}
              label={label}
              format={blueprint?.outputs.find((output) => output.label === label)?.format ?? 'mp4'}
            />
            <figcaption>
              <span class="mono">{label}</span>{' '}
              <LinkButton href={url} icon="download" compact download>
                Download
              </LinkButton>
            </figcaption>
          </figure>
        ))}
      </div>
      {run.expires_at && (
        <p class="small">
          Kept until <Kept until={run.expires_at} />
        </p>
      )}
    </Card>
  );
}

function Preview({ url, label, format }: { url: string; label: string; format: string }) {
  if (['gif', 'jpg', 'png', 'webp'].includes(format)) return <img class="media" src={url} alt={`Output ${label}`} />;
  // biome-ignore lint/a11y/useMediaCaption: the outputs have their captions in the picture
  return <video class="media" controls playsInline preload="metadata" src={url} aria-label={`Output ${label}`} />;
}
