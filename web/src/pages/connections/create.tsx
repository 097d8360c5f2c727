import { useState } from 'preact/hooks';
import type { ConnectionView } from '../../../../src/contract/connections.ts';
import { post } from '../../api/client.ts';
import { type Shown, shownOf } from '../../api/problem.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNotice } from '../../ui/feedback.tsx';
import { TextField } from '../../ui/field.tsx';
import { showToast } from '../../ui/toast.tsx';

const EMPTY = { name: '', endpoint: '', prefix: '', region: '', bucket: '', access_key_id: '', secret_access_key: '' };

export function CreateConnectionDialog({ onMade, onClose }: { onMade: () => void; onClose: () => void }) {
  const [draft, setDraft] = useState(EMPTY);
  const [error, setError] = useState<Shown | null>(null);
  const [isChecking, setChecking] = useState(false);
  const field = (name: keyof typeof EMPTY) => ({
    value: draft[name],
    onInput: (value: string) => setDraft({ ...draft, [name]: value }),
  });
  const submit = async (event: Event) => {
    event.preventDefault();
    setError(null);
    setChecking(true);
    try {
      const { endpoint, prefix, ...rest } = draft;
      const optional = { ...(endpoint && { endpoint }), ...(prefix && { prefix }) };
      const made = await post<ConnectionView>('/v1/connections', { ...rest, ...optional });
      showToast(`Airlock can use the bucket ${made.bucket}.`);
      onMade();
      onClose();
    } catch (thrown) {
      setError(shownOf(thrown));
    } finally {
      setChecking(false);
    }
  };
  return (
    <Dialog title="Add a connection" onClose={onClose}>
      <form class="form" onSubmit={submit} autocomplete="off">
        <TextField label="Name" {...field('name')} required maxLength={63} placeholder="media" />
        <TextField label="Bucket" {...field('bucket')} required />
        <TextField
          label="Folder"
          {...field('prefix')}
          placeholder="videos"
          hint="Jobs can’t use keys outside of it. Leave it empty for the entire bucket."
        />
        <TextField label="Region" {...field('region')} required placeholder="eu-central-1" />
        <TextField
          label="Endpoint"
          type="url"
          {...field('endpoint')}
          placeholder="https://minio.example.com"
          hint="Only for stores other than Amazon S3."
        />
        <KeyFields field={field} />
        {error && <ErrorNotice error={error} />}
        <div class="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="main-action" disabled={isChecking}>
            {isChecking ? 'Testing the bucket' : 'Add connection'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface KeyFieldsProps {
  field: (name: 'access_key_id' | 'secret_access_key') => { value: string; onInput: (value: string) => void };
}

function KeyFields({ field }: KeyFieldsProps) {
  return (
    <>
      <TextField label="Access key ID" {...field('access_key_id')} required />
      <TextField
        label="Secret access key"
        type="password"
        {...field('secret_access_key')}
        required
        hint="Airlock stores it encrypted and never shows it again. It writes a small object to test the key, and deletes it."
      />
    </>
  );
}
