import { EVENT_TYPES } from '../../../src/contract/event-types.ts';

/** An event as it comes from `/v1/events`. */
export interface LiveEvent {
  type: string;
  data: Record<string, unknown> & { job_id?: string };
}

type Listener = (events: readonly LiveEvent[]) => void;

const listeners = new Set<Listener>();
let source: EventSource | null = null;
let waiting: LiveEvent[] = [];

/**
 * Listens to the events of the account while anybody does: one stream serves all pages, and the browser resumes it where
 * it broke. Events come in batches, one per frame, so that a thousand a second cost one rendering.
 */
export function onEvents(listener: Listener): () => void {
  listeners.add(listener);
  source ??= open();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    source?.close();
    source = null;
  };
}

function open(): EventSource {
  const stream = new EventSource('/v1/events');
  for (const type of [...EVENT_TYPES, 'transcode.progress']) {
    stream.addEventListener(type, ({ data }) => take({ type, data: JSON.parse(data) }));
  }
  stream.addEventListener('open', () => take({ type: 'stream.open', data: {} }));
  return stream;
}

function take(event: LiveEvent): void {
  waiting.push(event);
  if (waiting.length > 1) return;
  // A hidden page draws no frames.
  if (document.hidden) setTimeout(flush, 1000);
  else requestAnimationFrame(flush);
}

function flush(): void {
  const events = waiting;
  waiting = [];
  for (const listener of [...listeners]) listener(events);
}
