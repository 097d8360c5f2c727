import { useState } from 'preact/hooks';
import type { ConnectionView } from '../../../src/contract/connections.ts';
import { remove } from '../api/client.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/dialog.tsx';
import { Empty, ErrorNotice, Skeleton } from '../ui/feedback.tsx';
import { Page } from '../ui/page.tsx';
import { useResource } from '../ui/resource.ts';
import { TableHead } from '../ui/table-head.tsx';
import { Ago } from '../ui/time.tsx';
import { CreateConnectionDialog } from './connections/create.tsx';

type Open = { dialog: 'create' } | { dialog: 'delete'; connection: ConnectionView };

export function ConnectionsPage() {
  const { data, error, reload } = useResource<{ items: ConnectionView[] }>('/v1/connections');
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const create = (
    <Button icon="plus" look="main-action" onClick={() => setOpen({ dialog: 'create' })}>
      Add connection
    </Button>
  );
  return (
    <Page
      title="Connections"
      lead="Buckets of yours, to which jobs deliver outputs and from which they read sources."
      actions={create}
    >
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={4} />}
      {data?.items.length === 0 && (
        <div class="card">
          <Empty icon="storage" title="No connections yet">
            <p>With a connection, jobs deliver their outputs to your bucket.</p>
            {create}
          </Empty>
        </div>
      )}
      {data && data.items.length > 0 && (
        <div class="card table-scroll">
          <ConnectionTable
            connections={data.items}
            onDelete={(connection) => setOpen({ dialog: 'delete', connection })}
          />
        </div>
      )}
      {open?.dialog === 'create' && <CreateConnectionDialog onMade={reload} onClose={close} />}
      {open?.dialog === 'delete' && <DeleteDialog connection={open.connection} onDone={reload} onClose={close} />}
    </Page>
  );
}

interface ConnectionTableProps {
  connections: readonly ConnectionView[];
  onDelete: (connection: ConnectionView) => void;
}

function ConnectionTable({ connections, onDelete }: ConnectionTableProps) {
  return (
    <table class="table stacked">
      <TableHead columns={['Name', 'Bucket', 'Access key', 'Created']} hasActions />
      <tbody>
        {connections.map((connection) => (
          <tr key={connection.name}>
            <th scope="row" class="mono wrap-anywhere">
              {connection.name}
            </th>
            <td data-label="Bucket">
              <div class="wrap-anywhere">{connection.bucket}</div>
              <span class="muted small wrap-anywhere">
                {connection.endpoint} · {connection.region}
              </span>
            </td>
            <td data-label="Access key" class="mono wrap-anywhere">
              {connection.access_key_id}
            </td>
            <td data-label="Created">
              <Ago at={connection.created_at} />
            </td>
            <td class="tail">
              <Button compact look="danger" onClick={() => onDelete(connection)}>
                Delete
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface DeleteDialogProps {
  connection: ConnectionView;
  onDone: () => void;
  onClose: () => void;
}

function DeleteDialog({ connection, onDone, onClose }: DeleteDialogProps) {
  const confirm = async () => {
    await remove(`/v1/connections/${connection.name}`);
    onDone();
    onClose();
  };
  return (
    <Confirm title={`Delete ${connection.name}?`} action="Delete" danger onConfirm={confirm} onClose={onClose}>
      <p>
        Airlock deletes the access key. Waiting and running jobs can no longer use the bucket: their deliveries fail.
        The objects in the bucket stay.
      </p>
    </Confirm>
  );
}
