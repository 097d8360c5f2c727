import { isAliveRow } from '../../accounts/key-life.ts';
import type { EventView } from '../../contract/events.ts';
import { forAllAccounts } from '../../database/connection-share.ts';
import { type AccountEvent, currentCursor, readAllEvents } from '../../events/read.ts';
import { openSessions } from '../../identity/sessions.ts';
import { eventCatalog, shownKinds } from '../../jobs/kind.ts';
import { type LiveProgress, readProgress } from '../../jobs/live-progress.ts';
import type { KindsContext } from '../../kinds/kind.ts';
import { viewEachEvent } from '../../kinds/view-events.ts';

/** Longest delay of an event beyond the end of its transaction. */
const LOOK_MS = 200;
const PAGE = 500;
const PROGRESS_MS = 1_000;
/** A comment in every stream, so that proxies keep it open; and a check that its key or session still works. */
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
  /** The key or session no longer works, or events were lost: the client has to reconnect. */
  onEnd(): void;
}

/**
 * Passes events of this database on to the streams of this process. One reader follows the outbox for all of them, so
 * that the cost does not grow with the number of streams; it runs only while there is a stream.
 */
export interface EventHub {
  /** Resolves to the cursor behind which the subscriber gets every event of its account. */
  subscribe(subscriber: Subscriber): Promise<string>;
  unsubscribe(subscriber: Subscriber): void;
  /** Number of open streams. */
  count(): number;
  /** Ends all streams. */
  close(): void;
}

type Context = Pick<KindsContext, 'db' | 'vault' | 'store' | 'rows' | 'kinds'>;

export function openEventHub(context: Context, { onError }: { onError: (error: Error) => void }): EventHub {
  const catalog = eventCatalog(context);
  const shown = shownKinds(context);
  const subscribers = new Map<string, Set<Subscriber>>();
  let cursor: Promise<string> | null = null;
  let progressAfter: string | null = null;
  let timers: NodeJS.Timeout[] = [];

  const all = () => [...subscribers.values()].flatMap((set) => [...set]);
  const report = (error: unknown) => onError(error as Error);

  /** Runs one step after the other; a failed one is repeated at the next turn. */
  function every(ms: number, step: () => Promise<void>): NodeJS.Timeout {
    let running = false;
    return setInterval(() => {
      if (running) return;
      running = true;
      step()
        .catch(report)
        .finally(() => {
          running = false;
        });
    }, ms);
  }

  async function follow(): Promise<void> {
    for (;;) {
      if (!cursor) return;
      const after = await cursor;
      const { events, last, isFull, unknown } = await readAllEvents(context.db, catalog, after, PAGE);
      await passOn(events);
      context.rows.skipped('event', unknown);
      if (cursor && last) cursor = Promise.resolve(last);
      if (!isFull) return;
    }
  }

  async function passOn(events: readonly AccountEvent[]): Promise<void> {
    const byAccount = new Map<string, AccountEvent[]>();
    for (const event of events) {
      if (!subscribers.has(event.accountId)) continue;
      const mine = byAccount.get(event.accountId);
      if (mine) mine.push(event);
      else byAccount.set(event.accountId, [event]);
    }
    for (const [accountId, mine] of byAccount) {
      const live = await viewEachEvent(context, accountId, mine);
      for (const subscriber of subscribers.get(accountId) ?? []) subscriber.onEvents(live);
    }
  }

  async function passOnProgress(): Promise<void> {
    const changes = await readProgress(context.db, shown, progressAfter);
    progressAfter = changes.at(-1)?.updatedAt ?? progressAfter;
    for (const change of changes) {
      for (const subscriber of subscribers.get(change.accountId) ?? []) subscriber.onProgress(change);
    }
  }

  async function beat(): Promise<void> {
    const open = all();
    for (const subscriber of open) subscriber.onBeat();
    const ids = [...new Set(open.map(({ callerId }) => callerId))];
    const keys = await context.db
      .selectFrom('api_keys')
      .select('id')
      .where('id', 'in', ids)
      .where('account_id', 'in', (of) => of.selectFrom('accounts').select('id').where('disabled_at', 'is', null))
      .where((row) => isAliveRow(row, new Date()))
      .execute();
    const living = new Set([...keys.map(({ id }) => id), ...(await openSessions(context.db, ids))]);
    for (const subscriber of open) if (!living.has(subscriber.callerId)) subscriber.onEnd();
  }

  function start(): Promise<string> {
    progressAfter = null;
    timers = [every(LOOK_MS, follow), every(PROGRESS_MS, passOnProgress), every(BEAT_MS, beat)];
    return currentCursor(context.db);
  }

  function stop(): void {
    for (const timer of timers) clearInterval(timer);
    timers = [];
    cursor = null;
  }

  const hub: EventHub = {
    async subscribe(subscriber) {
      const mine = subscribers.get(subscriber.accountId) ?? new Set();
      subscribers.set(subscriber.accountId, mine.add(subscriber));
      cursor ??= forAllAccounts(start);
      try {
        return await cursor;
      } catch (error) {
        hub.unsubscribe(subscriber);
        // The next subscriber starts again.
        stop();
        throw error;
      }
    },
    unsubscribe(subscriber) {
      const mine = subscribers.get(subscriber.accountId);
      mine?.delete(subscriber);
      if (mine?.size === 0) subscribers.delete(subscriber.accountId);
      if (subscribers.size === 0) stop();
    },
    count: () => [...subscribers.values()].reduce((sum, mine) => sum + mine.size, 0),
    close() {
      for (const subscriber of all()) subscriber.onEnd();
      stop();
    },
  };
  return hub;
}
