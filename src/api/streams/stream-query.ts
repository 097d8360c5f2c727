import type { OwnKeys } from '../../database/own-keys.ts';
import type { StoredEvent } from '../../events/read.ts';

/** Selects the events of a stream. */
export interface StreamQuery {
  accountId: string;
  /** The keys whose jobs and batches are included. Null includes every event of the account. */
  ownKeys: OwnKeys;
  types?: readonly string[] | undefined;
  job?: string | undefined;
  after?: string | undefined;
  /** Includes only events of this batch and of its jobs. */
  batch?: { id: string; jobs: ReadonlySet<string> };
  /**
   * Present for a stream that ends. `isLast` is called for every event, for some events twice. `isOver` determines whether the last event
   * has already happened, even if it is no longer stored or is not sent.
   */
  until?: { isLast: (event: StoredEvent) => boolean; isOver: () => Promise<boolean> };
}

/** Returns the same selection for a page of older events. */
export function pageQuery({ accountId, ownKeys, types, job, batch }: StreamQuery) {
  return {
    accountId,
    ownKeys,
    ...(types && { types }),
    ...(job && { jobId: job }),
    ...(batch && { batchId: batch.id }),
  };
}
