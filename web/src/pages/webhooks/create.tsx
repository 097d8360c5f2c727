import { useState } from 'preact/hooks';
import type { WebhookView } from '../../../../src/contract/webhooks.ts';
import { post } from '../../api/client.ts';
import { EVENT_TYPES } from '../../api/event-types.ts';
import { type Shown, shownOf } from '../../api/problem.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNotice } from '../../ui/feedback.tsx';
import { Check, TextField } from '../../ui/field.tsx';

/** Events at the ends of jobs, which nearly every program needs. */
const USUAL: readonly string[] = ['transcode.completed', 'transcode.failed', 'transcode.canceled'];

interface CreateWebhookProps {
  onMade: (webhook: WebhookView & { secret: string | null }) => void;
  onClose: () => void;
}

export function CreateWebhookDialog({ onMade, onClose }: CreateWebhookProps) {
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [types, setTypes] = useState<readonly string[]>(USUAL);
  const [error, setError] = useState<Shown | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setError(null);
    try {
      onMade(await post('/v1/webhooks', { url, types, ...(description && { description }) }));
    } catch (thrown) {
      setError(shownOf(thrown));
    }
  };
  return (
    <Dialog title="Add a webhook" onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <TextField
          label="URL"
          type="url"
          value={url}
          onInput={setUrl}
          required
          placeholder="https://example.org/hooks/airlock"
          hint="The server calls this URL. It rejects private addresses."
        />
        <TextField label="Description" value={description} onInput={setDescription} maxLength={200} />
        <fieldset class="field">
          <legend class="label">Events</legend>
          <div class="check-grid">
            {EVENT_TYPES.map((type) => (
              <Check
                key={type}
                label={type}
                checked={types.includes(type)}
                onChange={(checked) => setTypes(checked ? [...types, type] : types.filter((one) => one !== type))}
              />
            ))}
          </div>
        </fieldset>
        {error && <ErrorNotice error={error} />}
        <div class="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="main-action" disabled={types.length === 0}>
            Add webhook
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
