import { Badge } from '../../ui/feedback.tsx';
import type { Output } from './download-path.ts';

/** Where a copy of the output is, or why it is not there. */
export function DeliveryNote({ output: { destination } }: { output: Output }) {
  if (!destination) return null;
  const { status, host, bucket, prefix, error_message } = destination;
  const place = [host, bucket, prefix?.replace(/\/$/, '')].filter(Boolean).join('/');
  if (status === 'failed') {
    return (
      <div>
        <Badge tone="bad">Not delivered</Badge> {error_message}
      </div>
    );
  }
  const text = status === 'delivered' ? 'Delivered to' : 'To be delivered to';
  return (
    <div class="muted small wrap-anywhere">
      {text} {place}
    </div>
  );
}
