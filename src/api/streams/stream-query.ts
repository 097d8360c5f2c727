import type { OwnKeys } from '../../database/own-keys.ts';
import type { StoredEvent } from '../../events/read.ts';

/** Selects the events of a stream. */
export interface StreamQuery {
  accountId: string;
  /** The keys whose jobs and batches are included; null: every event of the account. */
  ownKeys: OwnKeys;
  types?: readonly string[] | undefined;
  job?: string | undefined;
  after?: string | undefined;
  /** Includes only events of this batch and of its jobs. */
  batch?: { id: string; jobs: ReadonlySet<string> };
  /**
   * For a stream that ends: `isLast` gets every event, some of them twice. `isOver` covers events that are no longer stored or not sent.
   */
  until?: { isLast: (event: StoredEvent) => boolean; isOver: () => Promise<boolean> };
}

/** The same selection, for a page of older events. */
export function pageQuery({ accountId, ownKeys, types, job, batch }: StreamQuery) {
  return {
    accountId,
    ownKeys,
    ...(types && { types }),
    ...(job && { jobId: job }),
    ...(batch && { batchId: batch.id }),
  };
}
