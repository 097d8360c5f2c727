import { useState } from 'preact/hooks';
import type * as z from 'zod';
import type { account } from '../../../../src/contract/admin.ts';
import { post } from '../../api/client.ts';
import { bytesText, countText } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/dialog.tsx';
import { Badge } from '../../ui/feedback.tsx';
import { TextField } from '../../ui/field.tsx';
import { TableHead } from '../../ui/table-head.tsx';
import { Ago } from '../../ui/time.tsx';
import { AccountDialog } from './account-dialog.tsx';
import { Loaded } from './load.tsx';

export type Account = z.infer<typeof account>;

export function AccountsPage() {
  const [open, setOpen] = useState<Account | 'new' | null>(null);
  const close = () => setOpen(null);
  return (
    <Loaded<{ items: Account[] }>
      title="Accounts"
      lead="Each account has its own jobs, keys, people and limits."
      path="/v1/admin/accounts"
      actions={
        <Button icon="plus" look="main-action" onClick={() => setOpen('new')}>
          Add account
        </Button>
      }
    >
      {({ items }, { reload }) => (
        <>
          <div class="card table-scroll">
            <table class="table stacked">
              <TableHead columns={['Account', 'State', 'Limits', 'Created']} hasActions />
              <tbody>
                {items.map((one) => (
                  <tr key={one.id}>
                    <th scope="row">{one.name}</th>
                    <td data-label="State">
                      <Badge tone={one.disabled_at ? 'bad' : 'ok'}>{one.disabled_at ? 'Disabled' : 'Active'}</Badge>
                    </td>
                    <td data-label="Limits">{limitsText(one)}</td>
                    <td data-label="Created">
                      <Ago at={one.created_at} />
                    </td>
                    <td class="tail">
                      <Button compact onClick={() => setOpen(one)}>
                        Limits
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {open === 'new' && <CreateDialog onDone={reload} onClose={close} />}
          {open && open !== 'new' && <AccountDialog id={open.id} name={open.name} onDone={reload} onClose={close} />}
        </>
      )}
    </Loaded>
  );
}

function limitsText({ max_concurrent: jobs, max_stored_bytes: bytes, monthly_minutes: minutes }: Account): string {
  const parts = [
    jobs !== null && `${countText(jobs)} at once`,
    bytes !== null && bytesText(bytes),
    minutes !== null && `${countText(minutes)} min a month`,
  ];
  return parts.filter(Boolean).join(' · ') || 'server defaults';
}

function CreateDialog({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const [name, setName] = useState('');
  const create = async () => {
    await post('/v1/admin/accounts', { name });
    onDone();
    onClose();
  };
  return (
    <Confirm title="Add an account" action="Add" onConfirm={create} onClose={onClose}>
      <TextField label="Name" value={name} onInput={setName} required maxLength={100} />
    </Confirm>
  );
}
