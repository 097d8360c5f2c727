import { type Kind, kinds } from '../state/kinds.ts';
import { EVENT_TYPES } from './event-types.ts';
import type { LiveEvent } from './live-event.ts';

type Listener = (events: readonly LiveEvent[]) => void;

/** Milliseconds after which a rejected stream is opened again. */
const REOPEN_MS = 5000;

const listeners = new Set<Listener>();
let source: EventSource | null = null;
let reopening: ReturnType<typeof setTimeout> | undefined;
let waiting: LiveEvent[] = [];
let disposeKinds: (() => void) | undefined;

/**
 * Calls `listener` with the events of the account while the page is visible. One stream serves all listeners. A listener gets the events of
 * a frame together, so that a thousand events a second cost one rendering per frame.
 * @returns a function that removes the listener
 */
export function onEvents(listener: Listener): () => void {
  listeners.add(listener);
  follow();
  return () => {
    listeners.delete(listener);
    follow();
  };
}

/** Opens or closes the stream as needed. A browser allows few connections, so a hidden page closes its stream. */
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
  // A browser receives only the types that it listens to. The kinds of a newer server may have more types.
  disposeKinds?.();
  disposeKinds = kinds.subscribe((known) => hear(known.flatMap(typesOf)));
  stream.addEventListener('open', () => take({ type: 'stream.open', data: {} }));
  stream.addEventListener('error', () => {
    // The browser resumes a broken stream itself. It does not resume a rejected stream, for example of a server that is starting.
    if (stream.readyState !== EventSource.CLOSED || source !== stream) return;
    source = null;
    reopening = setTimeout(follow, REOPEN_MS);
  });
  return stream;
}

/** Returns the types of a kind's events, including the type that only streams send. */
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
