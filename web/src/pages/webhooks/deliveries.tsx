import { useEffect, useState } from 'preact/hooks';
import type { DeliveryView } from '../../../../src/contract/webhooks.ts';
import { post } from '../../api/client.ts';
import { capitalized, TRANSCODES } from '../../lib/job.ts';
import { kindOfEvent, loadKinds } from '../../state/kinds.ts';
import { Button } from '../../ui/button.tsx';
import { Badge, Empty, ErrorNotice, Skeleton, type Tone } from '../../ui/feedback.tsx';
import { Segments } from '../../ui/field.tsx';
import { Card } from '../../ui/page.tsx';
import { Pager } from '../../ui/pager.tsx';
import { useResource } from '../../ui/resource.ts';
import { TableHead } from '../../ui/table-head.tsx';
import { Ago, Due } from '../../ui/time.tsx';

const FILTERS = [
  ['', 'All'],
  ['pending', 'Waiting'],
  ['delivered', 'Delivered'],
  ['failed', 'Failed'],
] as const;
const TONES: Record<DeliveryView['status'], Tone> = { pending: 'run', delivered: 'ok', failed: 'bad' };
const PAGE = 50;

export function Deliveries({ webhookId }: { webhookId: string }) {
  const [status, setStatus] = useState<(typeof FILTERS)[number][0]>('');
  const [page, setPage] = useState(1);
  const filter = status === '' ? '' : `&status=${status}`;
  const path = `/v1/webhooks/${webhookId}/deliveries?page=${page}&limit=${PAGE}${filter}`;
  const { data, error, reload } = useResource<{ items: DeliveryView[]; total: number }>(path);
  useEffect(() => {
    // If the kinds cannot be loaded, each link is to a job of the common kind.
    loadKinds().catch(() => {});
  }, []);
  const redeliver = async (id: string) => {
    await post(`/v1/webhooks/deliveries/${id}/redeliver`);
    reload();
  };
  const choose = (chosen: typeof status) => {
    setStatus(chosen);
    setPage(1);
  };
  return (
    <Card
      title="Deliveries"
      flush
      tools={
        <div class="actions">
          <Segments label="Status" value={status} choices={FILTERS} onChange={choose} />
          <Button icon="refresh" label="Refresh" compact onClick={reload} />
        </div>
      }
    >
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && (
        <div class="card-body">
          <Skeleton />
        </div>
      )}
      {data?.items.length === 0 && (
        <Empty icon="webhook" title="No deliveries">
          <p>Events appear here when they are sent.</p>
        </Empty>
      )}
      {data && data.items.length > 0 && (
        <>
          <DeliveryTable deliveries={data.items} onRedeliver={redeliver} />
          <Pager page={page} pages={Math.ceil(data.total / PAGE)} onChange={setPage} />
        </>
      )}
    </Card>
  );
}

interface DeliveryTableProps {
  deliveries: readonly DeliveryView[];
  onRedeliver: (id: string) => Promise<void>;
}

function DeliveryTable({ deliveries, onRedeliver }: DeliveryTableProps) {
  return (
    <table class="table stacked">
      <TableHead columns={['Event', 'Status', 'Response', 'Attempts', 'Sent']} hasActions />
      <tbody>
        {deliveries.map((one) => (
          <tr key={one.id}>
            <th scope="row">
              {one.type}
              {one.job_id && (
                <div>
                  <a class="mono" href={`/jobs/${kindOfEvent(one.type)?.path ?? TRANSCODES}/${one.job_id}`}>
                    {one.job_id.slice(-8)}
                  </a>
                </div>
              )}
            </th>
            <td data-label="Status">
              <Badge tone={TONES[one.status]}>{capitalized(one.status)}</Badge>
            </td>
            <td data-label="Response">{[one.response_status, one.error].filter(Boolean).join(' ') || '–'}</td>
            <td data-label="Attempts">{one.attempts}</td>
            <td data-label="Sent">
              <span>
                <Ago at={one.attempted_at} />
                {one.next_attempt_at && (
                  <span class="muted">
                    , again <Due at={one.next_attempt_at} />
                  </span>
                )}
              </span>
            </td>
            <td class="tail">
              <Button compact onClick={() => onRedeliver(one.id)}>
                Send again
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
