import { useState } from 'preact/hooks';
import type { ApiKeyView, Scope } from '../../../../src/contract/keys.ts';
import { post } from '../../api/client.ts';
import { type Shown, shownOf } from '../../api/problem.ts';
import { may } from '../../api/session-state.ts';
import { serverNow } from '../../lib/clock.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNotice } from '../../ui/feedback.tsx';
import { Check, Field, SelectField, TextField } from '../../ui/field.tsx';

const SCOPES: readonly (readonly [Scope, string])[] = [
  ['transcode', 'create, cancel and erase jobs'],
  ['upload', 'send files'],
  ['read', 'read jobs, events and results'],
  ['admin', 'create and revoke keys, and change webhooks'],
  ['operator', 'administer the entire server'],
];
const LIVES = [
  ['', 'Never'],
  ['7', 'In 7 days'],
  ['30', 'In 30 days'],
  ['90', 'In 90 days'],
  ['365', 'In a year'],
] as const;
const DAY_MS = 86_400_000;

interface CreateKeyProps {
  onMade: (key: ApiKeyView & { key: string | null }) => void;
  onClose: () => void;
}

export function CreateKeyDialog({ onMade, onClose }: CreateKeyProps) {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['transcode', 'upload', 'read']);
  const [days, setDays] = useState<(typeof LIVES)[number][0]>('');
  const [ranges, setRanges] = useState('');
  const [error, setError] = useState<Shown | null>(null);

  const submit = async (event: Event) => {
    event.preventDefault();
    setError(null);
    const cidrs = ranges.split(/[\s,]+/).filter(Boolean);
    try {
      const made = await post<ApiKeyView & { key: string | null }>('/v1/keys', {
        name,
        scopes,
        ...(days && { expires_at: new Date(serverNow() + Number(days) * DAY_MS).toISOString() }),
        ...(cidrs.length > 0 && { allowed_cidrs: cidrs }),
      });
      onMade(made);
    } catch (thrown) {
      setError(shownOf(thrown));
    }
  };

  return (
    <Dialog title="Create a key" onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <TextField
          label="Name"
          value={name}
          onInput={setName}
          required
          maxLength={100}
          hint="The program that uses it, such as “n8n” or “upload service”."
        />
        <ScopesField scopes={scopes} onChange={setScopes} />
        <SelectField label="It expires" value={days} choices={LIVES} onChange={setDays} />
        <RangesField ranges={ranges} onInput={setRanges} />
        {error && <ErrorNotice error={error} />}
        <div class="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="main-action" disabled={scopes.length === 0}>
            Create key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface ScopesProps {
  scopes: readonly Scope[];
  onChange: (scopes: readonly Scope[]) => void;
}

function ScopesField({ scopes, onChange }: ScopesProps) {
  return (
    <fieldset class="field">
      <legend class="label">It may</legend>
      {SCOPES.filter(([scope]) => scope !== 'operator' || may('operate')).map(([scope, hint]) => (
        <Check
          key={scope}
          label={scope}
          hint={hint}
          checked={scopes.includes(scope)}
          onChange={(checked) => onChange(checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))}
        />
      ))}
    </fieldset>
  );
}

function RangesField({ ranges, onInput }: { ranges: string; onInput: (ranges: string) => void }) {
  return (
    <Field label="Only from these addresses" hint="CIDR ranges, one a line. Empty: from anywhere.">
      {(attributes) => (
        <textarea
          {...attributes}
          class="input mono"
          rows={2}
          placeholder="203.0.113.0/24"
          value={ranges}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
