import type { OwnKeys } from '../../database/own-keys.ts';
import type { StoredEvent } from '../../events/read.ts';

/** Which events a stream shows. */
export interface StreamQuery {
  accountId: string;
  /** Whose jobs and batches are shown; null: every event of the account. */
  ownKeys: OwnKeys;
  types?: readonly string[] | undefined;
  job?: string | undefined;
  after?: string | undefined;
  /** Events of that batch and of its jobs. */
  batch?: { id: string; jobs: ReadonlySet<string> };
  /**
   * A stream that ends: `isLast` gets every event, some twice; `isOver` is for events that are no longer kept or not sent.
   */
  until?: { isLast: (event: StoredEvent) => boolean; isOver: () => Promise<boolean> };
}

/** The same for a page of older events. */
export function pageQuery({ accountId, ownKeys, types, job, batch }: StreamQuery) {
  return {
    accountId,
    ownKeys,
    ...(types && { types }),
    ...(job && { jobId: job }),
    ...(batch && { batchId: batch.id }),
  };
}
