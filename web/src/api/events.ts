import { type Kind, kinds } from '../state/kinds.ts';
import { EVENT_TYPES } from './event-types.ts';
import type { LiveEvent } from './live-event.ts';

type Listener = (events: readonly LiveEvent[]) => void;

/** Milliseconds before a rejected stream is opened again. */
const REOPEN_MS = 5000;

const listeners = new Set<Listener>();
let source: EventSource | null = null;
let reopening: ReturnType<typeof setTimeout> | undefined;
let waiting: LiveEvent[] = [];
let disposeKinds: (() => void) | undefined;

/**
 * Listens to the events of the account while there are listeners and the page is visible. One stream serves all listeners. Events are
 * passed on in batches, one per frame, so that a thousand a second cost one rendering.
 */
export function onEvents(listener: Listener): () => void {
  listeners.add(listener);
  follow();
  return () => {
    listeners.delete(listener);
    follow();
  };
}

/** Opens or closes the stream as needed. A browser allows few connections, so hidden pages keep none open. */
function follow(): void {
  const isNeeded = listeners.size > 0 && !document.hidden;
  if (isNeeded && !source) source = open();
  if (isNeeded || !source) return;
  source.close();
  source = null;
}

document.addEventListener('visibilitychange', follow);

function open(): EventSource {
  clearTimeout(reopening);
  const stream = new EventSource('/v1/events');
  const heard = new Set<string>();
  const hear = (types: readonly string[]) => {
    for (const type of types) {
      if (heard.has(type)) continue;
      heard.add(type);
      stream.addEventListener(type, ({ data }) => take({ type, data: JSON.parse(data) }));
    }
  };
  hear([...EVENT_TYPES, 'transcode.progress']);
  // A browser receives only the types that it listens to, and a newer server has more types.
  disposeKinds?.();
  disposeKinds = kinds.subscribe((known) => hear(known.flatMap(typesOf)));
  stream.addEventListener('open', () => take({ type: 'stream.open', data: {} }));
  stream.addEventListener('error', () => {
    // The browser resumes a broken stream itself, but not a rejected stream, for example from a server that is starting.
    if (stream.readyState !== EventSource.CLOSED || source !== stream) return;
    source = null;
    reopening = setTimeout(follow, REOPEN_MS);
  });
  return stream;
}

/** The types of a kind's events, including the type that only streams send. */
function typesOf({ events }: Kind): string[] {
  return [
    ...events,
    ...events.flatMap((type) => (type.endsWith('.started') ? type.replace('.started', '.progress') : [])),
  ];
}

function take(event: LiveEvent): void {
  waiting.push(event);
  if (waiting.length === 1) requestAnimationFrame(flush);
}

function flush(): void {
  const events = waiting;
  waiting = [];
  for (const listener of [...listeners]) listener(events);
}
