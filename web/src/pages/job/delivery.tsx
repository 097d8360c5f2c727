import { post } from '../../api/client.ts';
import { may } from '../../api/session-state.ts';
import { Button } from '../../ui/button.tsx';
import { Badge } from '../../ui/feedback.tsx';
import type { Output } from './download-path.ts';

const TEXTS = {
  pending: 'Waiting for delivery to',
  delivering: 'Being delivered to',
  delivered: 'Delivered to',
} as const;

interface DeliveryProps {
  output: Output;
  /** The path of the job; null if its outputs cannot be delivered again, because the job is not over or was erased. */
  url: string | null;
  /** Called when the output is being delivered again. */
  onChange: () => void;
}

/** The location of an output's copy, or the reason why the copy does not exist. */
export function DeliveryNote({ output: { name, destination }, url, onChange }: DeliveryProps) {
  if (!destination) return null;
  const { status, host, bucket, prefix, connection, error_message } = destination;
  const place = [host, bucket, prefix?.replace(/\/$/, '')].filter(Boolean).join('/');
  if (status !== 'failed') {
    return (
      <div class="muted small wrap-anywhere">
        {TEXTS[status]} {place}
      </div>
    );
  }
  const redeliver = async () => {
    await post(`${url}/redeliver`, { output: name });
    onChange();
  };
  return (
    <div>
      <Badge tone="bad">Not delivered</Badge> {error_message}{' '}
      {url !== null && connection !== null && may('create') && (
        <Button icon="refresh" compact label={`Deliver ${name} again`} onClick={redeliver}>
          Deliver again
        </Button>
      )}
    </div>
  );
}
