import { useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Job } from '../../../src/contract/transcodes.ts';
import { post } from '../api/client.ts';
import { TRANSCODES } from '../lib/job.ts';
import { clearInputs, inputs } from '../state/inputs.ts';
import { Button } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { DestinationChoice } from './new-job/destination.tsx';
import { destinationFault } from './new-job/destination-request.ts';
import { Outputs } from './new-job/outputs.tsx';
import { Preview } from './new-job/preview.tsx';
import { bodyOf, type DraftJob, type DraftOutput, nameFault, newJob, newOutput } from './new-job/request.ts';
import { Sources } from './new-job/sources.tsx';
import { TemplateChoice } from './new-job/template.tsx';
import { useValidation } from './new-job/validation.ts';

export function NewJobPage() {
  const { route, query } = useLocation();
  const [job, setJob] = useState<DraftJob>(() => newJob(query.template ?? ''));
  const { template, destination } = job;
  const [outputs, setOutputs] = useState<readonly DraftOutput[]>(() => [newOutput()]);
  const urls = inputs.value.map(({ url }) => url);
  const body = useMemo(() => bodyOf(outputs, urls, job), [outputs, job, urls.join('\n')]);
  const validation = useValidation(body);
  const isReady = urls.length > 0 && !urls.includes(null);
  const areNamed = template !== '' || outputs.every((output) => nameFault(outputs, output) === null);
  const isComplete = areNamed && destinationFault(destination) === null;
  const create = async () => {
    const made = await post<Job>('/v1/transcodes', body, { 'idempotency-key': crypto.randomUUID() });
    clearInputs();
    route(`/jobs/${TRANSCODES}/${made.id}`);
  };
  return (
    <Page title="New job" lead="Files go straight to storage. The job starts when you create it.">
      <div class="columns">
        <div class="stack">
          <Sources />
          <TemplateChoice value={template} onChange={(one) => setJob({ ...job, template: one })} />
          {template === '' && <Outputs outputs={outputs} errors={validation.errors} onChange={setOutputs} />}
          <DestinationChoice destination={destination} onChange={(one) => setJob({ ...job, destination: one })} />
        </div>
        <div class="stack beside">
          <div class="create">
            <Button
              look="main-action"
              icon="play"
              onClick={create}
              disabled={!isReady || !isComplete || validation.state === 'invalid'}
            >
              {isReady || urls.length === 0 ? 'Create job' : 'Waiting for the upload'}
            </Button>
            {urls.length === 0 && <p class="hint">Add a file or a URL first.</p>}
          </div>
          <Preview body={body} validation={validation} hasSource={urls.length > 0} />
        </div>
      </div>
    </Page>
  );
}
