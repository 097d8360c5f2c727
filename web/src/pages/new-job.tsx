import { useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Job } from '../../../src/contract/transcodes.ts';
import { post } from '../api/client.ts';
import { clearInputs, inputs } from '../state/inputs.ts';
import { Button } from '../ui/button.tsx';
import { Card, Page } from '../ui/page.tsx';
import { FormatCard } from './new-job/format.tsx';
import { OptionList } from './new-job/options.tsx';
import { PresetChoice } from './new-job/preset.tsx';
import { Preview } from './new-job/preview.tsx';
import { bodyOf, EMPTY_DRAFT } from './new-job/request.ts';
import { Sources } from './new-job/sources.tsx';
import { useValidation } from './new-job/validation.ts';

export function NewJobPage() {
  const { route } = useLocation();
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const change = (changes: Partial<typeof draft>) => setDraft({ ...draft, ...changes });
  const urls = inputs.value.map(({ url }) => url);
  const body = useMemo(() => bodyOf(draft, urls), [draft, urls.join('\n')]);
  const validation = useValidation(body);
  const isReady = urls.length > 0 && !urls.includes(null);
  const create = async () => {
    const job = await post<Job>('/v1/transcodes', body, { 'idempotency-key': crypto.randomUUID() });
    clearInputs();
    route(`/jobs/${job.id}`);
  };
  return (
    <Page title="New job" lead="Files go straight to the storage. The job starts when you create it.">
      <div class="columns">
        <div class="stack">
          <Sources />
          <FormatCard format={draft.format} onChange={(format) => change({ format })} />
          <Card title="Encoding">
            <PresetChoice draft={draft} onChange={change} />
            {draft.mode === 'options' && (
              <OptionList
                options={draft.options}
                errors={validation.errors}
                onChange={(options) => change({ options })}
              />
            )}
          </Card>
        </div>
        <div class="stack beside">
          <Preview body={body} validation={validation} />
          <Button
            look="main-action"
            icon="play"
            onClick={create}
            disabled={!isReady || (validation.state === 'invalid' && urls.length > 0)}
          >
            {isReady || urls.length === 0 ? 'Create job' : 'Waiting for the upload'}
          </Button>
          {urls.length === 0 && <p class="hint">Add a file or a URL first.</p>}
        </div>
      </div>
    </Page>
  );
}
