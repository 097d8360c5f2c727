import { useState } from 'preact/hooks';
import type { ApiKeyView } from '../../../src/contract/keys.ts';
import { remove } from '../api/client.ts';
import { serverNow } from '../lib/clock.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/dialog.tsx';
import { Badge, Empty, ErrorNotice, Skeleton, type Tone } from '../ui/feedback.tsx';
import { Page } from '../ui/page.tsx';
import { useResource } from '../ui/resource.ts';
import { TableHead } from '../ui/table-head.tsx';
import { Ago, Due } from '../ui/time.tsx';
import { CreateKeyDialog } from './keys/create.tsx';
import { NewKeyDialog } from './keys/new-key.tsx';
import { RotateKeyDialog } from './keys/rotate.tsx';

type Open =
  | { dialog: 'create' }
  | { dialog: 'rotate' | 'revoke'; key: ApiKeyView }
  | { dialog: 'made'; raw: string; name: string; oldKeyUntil: string | null };

export function KeysPage() {
  const { data, error, reload } = useResource<{ items: ApiKeyView[] }>('/v1/keys');
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const made = (key: { key: string | null; name: string; old_key_until?: string }) => {
    reload();
    setOpen({ dialog: 'made', raw: key.key ?? '', name: key.name, oldKeyUntil: key.old_key_until ?? null });
  };
  const create = (
    <Button icon="plus" look="main-action" onClick={() => setOpen({ dialog: 'create' })}>
      Create key
    </Button>
  );
  return (
    <Page
      title="Keys"
      lead="Programs sign in with a key. Airlock shows a key once, and stores only its hash."
      actions={create}
    >
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={5} />}
      {data?.items.length === 0 && (
        <div class="card">
          <Empty icon="key" title="No keys yet">
            <p>Create one for each program, with only the permissions that the program needs.</p>
            {create}
          </Empty>
        </div>
      )}
      {data && data.items.length > 0 && (
        <div class="card table-scroll">
          <KeyTable
            keys={data.items}
            onRotate={(key) => setOpen({ dialog: 'rotate', key })}
            onRevoke={(key) => setOpen({ dialog: 'revoke', key })}
          />
        </div>
      )}
      {open?.dialog === 'create' && <CreateKeyDialog onMade={made} onClose={close} />}
      {open?.dialog === 'rotate' && <RotateKeyDialog apiKey={open.key} onMade={made} onClose={close} />}
      {open?.dialog === 'made' && (
        <NewKeyDialog name={open.name} raw={open.raw} oldKeyUntil={open.oldKeyUntil} onClose={close} />
      )}
      {open?.dialog === 'revoke' && <RevokeDialog apiKey={open.key} onDone={reload} onClose={close} />}
    </Page>
  );
}

interface KeyTableProps {
  keys: readonly ApiKeyView[];
  onRotate: (key: ApiKeyView) => void;
  onRevoke: (key: ApiKeyView) => void;
}

function KeyTable({ keys, onRotate, onRevoke }: KeyTableProps) {
  return (
    <table class="table stacked">
      <TableHead columns={['Name', 'State', 'May', 'From', 'Last used']} hasActions />
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <th scope="row">
              <div>{key.name}</div>
              <span class="muted mono">…{key.hint}</span>
            </th>
            <td data-label="State">
              <State apiKey={key} />
            </td>
            <td data-label="May">
              <span class="tags">
                {key.scopes.map((scope) => (
                  <span class="tag" key={scope}>
                    {scope}
                  </span>
                ))}
              </span>
            </td>
            <td data-label="From" class="mono">
              {key.allowed_cidrs.join(' ') || <span class="muted">anywhere</span>}
            </td>
            <td data-label="Last used">{key.last_used_at ? <Ago at={key.last_used_at} /> : 'never'}</td>
            <td class="tail">
              {stateOf(key).isAlive && (
                <>
                  <Button compact onClick={() => onRotate(key)}>
                    Rotate
                  </Button>{' '}
                  <Button compact look="danger" onClick={() => onRevoke(key)}>
                    Revoke
                  </Button>
                </>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface KeyState {
  isAlive: boolean;
  text: string;
  tone: Tone;
  /** When the key was or will be revoked, replaced or expired; null if the key has no end. */
  at: string | null;
}

function isPast(time: string | null): boolean {
  return time !== null && Date.parse(time) <= serverNow();
}

function stateOf(key: ApiKeyView): KeyState {
  if (key.revoked_at) return { isAlive: false, text: 'Revoked', tone: 'bad', at: key.revoked_at };
  if (isPast(key.dies_at)) return { isAlive: false, text: 'Replaced', tone: '', at: key.dies_at };
  if (isPast(key.expires_at)) return { isAlive: false, text: 'Expired', tone: '', at: key.expires_at };
  if (key.dies_at) return { isAlive: false, text: 'Being replaced', tone: 'warn', at: key.dies_at };
  if (key.replaced_by) return { isAlive: false, text: 'Replaced', tone: '', at: null };
  return { isAlive: true, text: 'Active', tone: 'ok', at: key.expires_at };
}

function State({ apiKey }: { apiKey: ApiKeyView }) {
  const { text, tone, at } = stateOf(apiKey);
  return (
    <>
      <Badge tone={tone}>{text}</Badge>
      {at && (
        <div class="muted small">
          {isPast(at) ? (
            <Ago at={at} />
          ) : (
            <>
              expires <Due at={at} />
            </>
          )}
        </div>
      )}
    </>
  );
}

function RevokeDialog({ apiKey, onDone, onClose }: { apiKey: ApiKeyView; onDone: () => void; onClose: () => void }) {
  const revoke = async () => {
    await remove(`/v1/keys/${apiKey.id}`);
    onDone();
    onClose();
  };
  return (
    <Confirm title={`Revoke ${apiKey.name}?`} action="Revoke" danger onConfirm={revoke} onClose={onClose}>
      <p>
        Airlock rejects all further requests with the key ending in <code>{apiKey.hint}</code>. This cannot be undone.
      </p>
    </Confirm>
  );
}
