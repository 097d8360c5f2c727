import { isAliveRow } from '../../accounts/key-life.ts';
import type { EventView } from '../../contract/events.ts';
import { forAllAccounts } from '../../database/connection-share.ts';
import { type AccountEvent, currentCursor, readAllEvents } from '../../events/read.ts';
import type { Signals } from '../../events/signals.ts';
import { openSessions } from '../../identity/sessions.ts';
import { eventCatalog, shownKinds } from '../../jobs/kind.ts';
import { type LiveProgress, readProgress } from '../../jobs/live-progress.ts';
import type { KindsContext } from '../../kinds/kind.ts';
import { viewEachEvent } from '../../kinds/view-events.ts';
import { openReader } from './event-reader.ts';

/** Milliseconds between two reads without a notification. A notification can be lost, and older releases send none for some events. */
const LOOK_MS = 2_000;
const PAGE = 500;
const PROGRESS_MS = 1_000;
/**
 * Interval in milliseconds at which every stream gets a comment, so that proxies keep the stream open, and at which the key or session of
 * the stream is checked.
 */
const BEAT_MS = 15_000;

/** An event as clients see it. */
export interface LiveEvent {
  event: AccountEvent;
  view: EventView;
}

export interface Subscriber {
  accountId: string;
  /** The id of a key or session. */
  callerId: string;
  onEvents(events: readonly LiveEvent[]): void;
  onProgress(progress: LiveProgress): void;
  /** Keeps the connection open. */
  onBeat(): void;
  /** Ends the stream, because its key or session is no longer valid, or because the hub closes. */
  onEnd(): void;
}

/**
 * Passes events of this database to the streams of this process, as soon as a transaction with events has ended. One reader follows the
 * outbox for all streams, so that the cost does not grow with the number of streams. The reader runs only while there is a stream.
 */
export interface EventHub {
  /** Resolves to a cursor. The subscriber gets every later event of its account. */
  subscribe(subscriber: Subscriber): Promise<string>;
  unsubscribe(subscriber: Subscriber): void;
  /** Number of open streams. */
  count(): number;
  /** Ends all streams. */
  close(): void;
}

type Context = Pick<KindsContext, 'db' | 'vault' | 'store' | 'rows' | 'kinds'>;

type OnError = (error: Error) => void;

interface HubOptions {
  signals: Pick<Signals, 'follow'>;
  onError: OnError;
  /** Milliseconds between two reads without a notification. */
  lookMs?: number;
}

export function openEventHub(context: Context, options: HubOptions): EventHub {
  return new Hub(context, options);
}

class Hub implements EventHub {
  readonly #context: Context;
  readonly #options: HubOptions;
  readonly #catalog: ReturnType<typeof eventCatalog>;
  readonly #shown: ReturnType<typeof shownKinds>;
  /** Subscribers by account. */
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  #cursor: Promise<string> | null = null;
  #progressAfter: string | null = null;
  /** Functions that stop the timers and the notifications. */
  #stops: (() => void)[] = [];

  constructor(context: Context, options: HubOptions) {
    this.#context = context;
    this.#options = options;
    this.#catalog = eventCatalog(context);
    this.#shown = shownKinds(context);
  }

  async subscribe(subscriber: Subscriber): Promise<string> {
    const mine = this.#subscribers.get(subscriber.accountId) ?? new Set();
    this.#subscribers.set(subscriber.accountId, mine.add(subscriber));
    this.#cursor ??= forAllAccounts(() => this.#start());
    try {
      return await this.#cursor;
    } catch (error) {
      this.unsubscribe(subscriber);
      // The next subscriber starts the reader again.
      this.#stop();
      throw error;
    }
  }

  unsubscribe(subscriber: Subscriber): void {
    const mine = this.#subscribers.get(subscriber.accountId);
    mine?.delete(subscriber);
    if (mine?.size === 0) this.#subscribers.delete(subscriber.accountId);
    if (this.#subscribers.size === 0) this.#stop();
  }

  count(): number {
    return this.#all().length;
  }

  close(): void {
    for (const subscriber of this.#all()) subscriber.onEnd();
    this.#stop();
  }

  #all(): Subscriber[] {
    return [...this.#subscribers.values()].flatMap((set) => [...set]);
  }

  #start(): Promise<string> {
    const { signals, onError, lookMs = LOOK_MS } = this.#options;
    const cursor = currentCursor(this.#context.db);
    const reader = openReader({ read: () => this.#follow(), lookMs, onError });
    this.#progressAfter = null;
    this.#stops = [
      reader.stop,
      signals.follow(reader.wake),
      every(PROGRESS_MS, () => this.#passOnProgress(), onError),
      every(BEAT_MS, () => this.#beat(), onError),
    ];
    // Events may already be hidden by an open transaction, and no notification follows for them.
    cursor.then(reader.wake, () => {});
    return cursor;
  }

  #stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#cursor = null;
  }

  /** Reads all visible events, and passes them on. Resolves to whether further events are hidden by an open transaction. */
  async #follow(): Promise<boolean> {
    const { db, rows } = this.#context;
    for (;;) {
      if (!this.#cursor) return false;
      const after = await this.#cursor;
      const { events, last, isFull, unknown, hasHidden } = await readAllEvents(db, this.#catalog, after, PAGE);
      await this.#passOn(events);
      rows.skipped('event', unknown);
      // The cursor is null if the hub was stopped in the meantime.
      if (this.#cursor !== null && last) this.#cursor = Promise.resolve(last);
      if (!isFull) return hasHidden;
    }
  }

  async #passOn(events: readonly AccountEvent[]): Promise<void> {
    const byAccount = new Map<string, AccountEvent[]>();
    for (const event of events) {
      if (!this.#subscribers.has(event.accountId)) continue;
      const mine = byAccount.get(event.accountId);
      if (mine) mine.push(event);
      else byAccount.set(event.accountId, [event]);
    }
    for (const [accountId, mine] of byAccount) {
      const live = await viewEachEvent(this.#context, accountId, mine);
      for (const subscriber of this.#subscribers.get(accountId) ?? []) subscriber.onEvents(live);
    }
  }

  async #passOnProgress(): Promise<void> {
    const changes = await readProgress(this.#context.db, this.#shown, this.#progressAfter);
    this.#progressAfter = changes.at(-1)?.updatedAt ?? this.#progressAfter;
    for (const change of changes) {
      for (const subscriber of this.#subscribers.get(change.accountId) ?? []) subscriber.onProgress(change);
    }
  }

  async #beat(): Promise<void> {
    const open = this.#all();
    for (const subscriber of open) subscriber.onBeat();
    const living = await livingCallers(this.#context.db, [...new Set(open.map(({ callerId }) => callerId))]);
    for (const subscriber of open) if (!living.has(subscriber.callerId)) subscriber.onEnd();
  }
}

/** Returns the ids of the keys and sessions that are still valid. */
async function livingCallers(db: Context['db'], ids: string[]): Promise<ReadonlySet<string>> {
  const keys = await db
    .selectFrom('api_keys')
    .select('id')
    .where('id', 'in', ids)
    .where('account_id', 'in', (of) => of.selectFrom('accounts').select('id').where('disabled_at', 'is', null))
    .where(isAliveRow)
    .execute();
  return new Set([...keys.map(({ id }) => id), ...(await openSessions(db, ids))]);
}

/** Runs a step at this interval, but never two at the same time. A step that fails runs again at the next interval. */
function every(ms: number, step: () => Promise<void>, onError: OnError): () => void {
  let running = false;
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    step()
      .catch((error: unknown) => onError(error as Error))
      .finally(() => {
        running = false;
      });
  }, ms);
  return () => clearInterval(timer);
}
