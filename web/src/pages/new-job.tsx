import { useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Job } from '../../../src/contract/transcodes.ts';
import { post } from '../api/client.ts';
import { TRANSCODES } from '../lib/job.ts';
import { clearInputs, inputs } from '../state/inputs.ts';
import { Button } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { Outputs } from './new-job/outputs.tsx';
import { Preview } from './new-job/preview.tsx';
import { bodyOf, type DraftOutput, nameFault, newOutput } from './new-job/request.ts';
import { Sources } from './new-job/sources.tsx';
import { TemplateChoice } from './new-job/template.tsx';
import { useValidation } from './new-job/validation.ts';

export function NewJobPage() {
  const { route, query } = useLocation();
  const [template, setTemplate] = useState(() => query.template ?? '');
  const [outputs, setOutputs] = useState<readonly DraftOutput[]>(() => [newOutput()]);
  const urls = inputs.value.map(({ url }) => url);
  const body = useMemo(() => bodyOf(outputs, urls, template), [outputs, template, urls.join('\n')]);
  const validation = useValidation(body);
  const isReady = urls.length > 0 && !urls.includes(null);
  const areNamed = template !== '' || outputs.every((output) => nameFault(outputs, output) === null);
  const create = async () => {
    const job = await post<Job>('/v1/transcodes', body, { 'idempotency-key': crypto.randomUUID() });
    clearInputs();
    route(`/jobs/${TRANSCODES}/${job.id}`);
  };
  return (
    <Page title="New job" lead="Files go straight to the storage. The job starts when you create it.">
      <div class="columns">
        <div class="stack">
          <Sources />
          <TemplateChoice value={template} onChange={setTemplate} />
          {template === '' && <Outputs outputs={outputs} errors={validation.errors} onChange={setOutputs} />}
        </div>
        <div class="stack beside">
          <Preview body={body} validation={validation} />
          <Button
            look="main-action"
            icon="play"
            onClick={create}
            disabled={!isReady || !areNamed || (validation.state === 'invalid' && urls.length > 0)}
          >
            {isReady || urls.length === 0 ? 'Create job' : 'Waiting for the upload'}
          </Button>
          {urls.length === 0 && <p class="hint">Add a file or a URL first.</p>}
        </div>
      </div>
    </Page>
  );
}
