import { useState } from 'preact/hooks';
import type * as z from 'zod';
import { NUMBER_SETTINGS, type NumberSettingName } from '../../../../src/contract/account-settings.ts';
import type { accountWithUsage } from '../../../../src/contract/admin.ts';
import { patch } from '../../api/client.ts';
import { type Shown, shownOf } from '../../api/problem.ts';
import { bytesText, countText } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNotice, Skeleton } from '../../ui/feedback.tsx';
import { Check, TextField } from '../../ui/field.tsx';
import { useResource } from '../../ui/resource.ts';

type Account = z.infer<typeof accountWithUsage>;

const NAMES = Object.keys(NUMBER_SETTINGS) as NumberSettingName[];

interface AccountDialogProps {
  id: string;
  name: string;
  onDone: () => void;
  onClose: () => void;
}

export function AccountDialog({ id, name, onDone, onClose }: AccountDialogProps) {
  const { data, error, reload } = useResource<Account>(`/v1/admin/accounts/${id}`);
  return (
    <Dialog title={`Limits of ${name}`} onClose={onClose}>
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={6} />}
      {data && <LimitsForm account={data} onDone={onDone} onClose={onClose} />}
    </Dialog>
  );
}

function LimitsForm({ account, onDone, onClose }: { account: Account; onDone: () => void; onClose: () => void }) {
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(NAMES.map((name) => [name, account[name] === null ? '' : String(account[name])])),
  );
  const [isDisabled, setDisabled] = useState(account.disabled_at !== null);
  const [error, setError] = useState<Shown | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setError(null);
    const changed = NAMES.filter((name) => values[name] !== (account[name] === null ? '' : String(account[name])));
    const limits = Object.fromEntries(changed.map((name) => [name, values[name] === '' ? null : Number(values[name])]));
    try {
      await patch(`/v1/admin/accounts/${account.id}`, { ...limits, disabled: isDisabled });
      onDone();
      onClose();
    } catch (thrown) {
      setError(shownOf(thrown));
    }
  };
  const { usage } = account;
  return (
    <form class="form" onSubmit={submit}>
      <p class="muted small">
        Stores {bytesText(usage.stored_bytes)}. Minutes this month: {countText(usage.minutes)}. Jobs that run:{' '}
        {countText(usage.running)}, wait: {countText(usage.waiting)}, and await child jobs, a review or an upload:{' '}
        {countText(usage.awaiting)}. Keys: {countText(usage.keys)}.
      </p>
      <div class="form-grid">
        {NAMES.map((name) => (
          <TextField
            key={name}
            label={capitalized(NUMBER_SETTINGS[name].meaning)}
            type="number"
            value={values[name] ?? ''}
            placeholder={NUMBER_SETTINGS[name].fallback}
            onInput={(value) => setValues({ ...values, [name]: value })}
          />
        ))}
      </div>
      <Check
        label="Disabled"
        hint="Airlock rejects all requests of the account."
        checked={isDisabled}
        onChange={setDisabled}
      />
      {error && <ErrorNotice error={error} />}
      <div class="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="main-action">
          Save
        </Button>
      </div>
    </form>
  );
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
