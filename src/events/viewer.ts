import type { EventView } from '../contract/events.ts';
import type { StoredEvent } from './read.ts';
import type { EventCatalog } from './types.ts';

/** Shows events to clients. The kinds of jobs define the views. */
export interface EventViewer {
  /** The types that this release knows. */
  catalog: EventCatalog;
  /** Returns the views of events of one account, in the order of the events. */
  view(accountId: string, events: readonly StoredEvent[]): Promise<EventView[]>;
}
