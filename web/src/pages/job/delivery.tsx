import { Badge } from '../../ui/feedback.tsx';
import type { Output } from './download-path.ts';

const TEXTS = {
  pending: 'Waiting for delivery to',
  delivering: 'Being delivered to',
  delivered: 'Delivered to',
} as const;

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
  return (
    <div class="muted small wrap-anywhere">
      {TEXTS[status]} {place}
    </div>
  );
}
