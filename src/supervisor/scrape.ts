/*
 * Under a supervisor, one role serves the metrics of all roles. Each role counts its own metrics, and the supervisor forwards requests and
 * responses without reading them.
 */

/** Milliseconds to wait for another role. A scrape must not fail because a role is being restarted. */
const ANSWER_MS = 2000;

interface Question {
  type: 'scrape';
  id: number;
}

interface Scraped {
  type: 'scraped';
  id: number;
  metrics: unknown;
}

/** Runs in the role whose metrics are requested. `read` returns a value that can be sent as JSON. */
export function serveScrapes(read: () => Promise<unknown>): void {
  process.on('message', (message) => {
    if (!isOfType<Question>(message, 'scrape')) return;
    read().then(
      (metrics) => process.send?.({ type: 'scraped', id: message.id, metrics } satisfies Scraped),
      () => {}, // the requesting role has its own time-out
    );
  });
}

/**
 * Runs in the role that serves the metrics. The returned function resolves to the metrics of the other role, or to null without a
 * supervisor or without a response in time.
 */
export function openScrapes(): () => Promise<unknown> {
  const waiting = new Map<number, (metrics: unknown) => void>();
  let last = 0;
  process.on('message', (message) => {
    if (isOfType<Scraped>(message, 'scraped')) waiting.get(message.id)?.(message.metrics);
  });
  return () =>
    new Promise((resolve) => {
      if (!process.send) return resolve(null);
      last += 1;
      const id = last;
      const end = (metrics: unknown) => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(metrics);
      };
      const timer = setTimeout(() => end(null), ANSWER_MS);
      waiting.set(id, end);
      process.send({ type: 'scrape', id } satisfies Question);
    });
}

/** Runs in the supervisor. Returns the role to which the supervisor must forward a message of `from`, or null for other messages. */
export function addressee(from: string, message: unknown): 'api' | 'worker' | null {
  if (from === 'api' && isOfType<Question>(message, 'scrape')) return 'worker';
  if (from === 'worker' && isOfType<Scraped>(message, 'scraped')) return 'api';
  return null;
}

function isOfType<T extends { type: string; id: number }>(message: unknown, type: T['type']): message is T {
  const candidate = message as Partial<T> | null;
  return candidate?.type === type && typeof candidate.id === 'number';
}
