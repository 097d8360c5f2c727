import type { Account } from '../accounts/accounts.ts';
import type { Warning } from '../contract/common.ts';
import type { ResourceClass } from '../database/tables.ts';
import type { Fetcher } from '../fetcher/index.ts';
import type { Completion } from '../jobs/finish.ts';
import type { JobsContext, KindTraits } from '../jobs/kind.ts';
import type { AssetKind, Claim } from '../jobs/rows.ts';
import type { NamedSource } from '../jobs/sources.ts';
import type { Planner } from '../planner/index.ts';
import type { Sandbox } from '../sandbox/types.ts';
import type { Sanitizer } from '../sanitizer/index.ts';
import type { Logger } from '../telemetry/index.ts';
import type { WorkHold } from './shared/work-room.ts';

/*
 * A kind of job is one folder here and one entry in `registry.ts`. It says how a request is judged (`admit`), and how a
 * worker runs it (`execute`). Everything else belongs to the core in `src/jobs/` and to `src/worker/`.
 */

/** The client of a request, by any interface. */
export interface Caller {
  account: Account;
  keyId: string | null;
  requestId: string;
}

/** What judging a request needs besides the database. */
export interface AdmissionServices {
  context: JobsContext;
  /** Reads requests; large ones in a thread. */
  planner: Pick<Planner, 'judge'>;
  /** Shape of a source URL, without any lookup. */
  checkSourceUrl: (url: string) => { ok: boolean; reason?: string };
}

/** A request that was judged: the job to insert, or why there is none. */
export interface Admission {
  /** In the order in which they are found; the first one is the error of a create. */
  problems: readonly Error[];
  resourceClass: ResourceClass;
  /** As `NewJob`; called when the job is inserted, for writing a large request takes a while. */
  request: (() => { shown: string; whole: string }) | null;
  facts: string;
  settings: string | null;
  inputs: readonly NamedSource[];
  assets: readonly (NamedSource & { index: number; kind: AssetKind })[];
  /** `name` of the download; null: the first input's, with the format as its extension. */
  outputs: readonly { format: string; name: string | null }[];
  warnings: readonly Warning[];
  metadata: Record<string, unknown> | null;
  /** Seconds that the request asks for; null: as the account and the server say. */
  retentionSeconds: number | null;
}

/** What runs a job on a worker. */
export interface WorkTools {
  context: JobsContext;
  sandbox: Sandbox;
  fetcher: Fetcher;
  sanitizer: Sanitizer;
  /** Reads and plans large requests, and draws layers, in threads. */
  planner: Planner;
  logger: Logger;
  /** To be called when the storage was found unreachable. */
  onStorageAway: () => void;
  settings: {
    version: string;
    cores: number;
    /** Bytes of memory that one cell may use at most. */
    cellMemoryBytes: number;
    /** Milliseconds that a finished output is held, and its slot with it, while the storage is unreachable. */
    outputHoldMs: number;
  };
}

/** A job's lease of a slot. Only its holder may run cells. */
export interface SlotLease {
  /** To be called when all sources are staged. Resolves to the slot's number; rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<number>;
}

/** One attempt, as a kind sees it. */
export interface Run {
  claim: Claim;
  lease: SlotLease;
  /** Aborted when the job is canceled, the attempt replaced, or the worker has to give the job back. */
  signal: AbortSignal;
  /** Work folder of this attempt; removed when it ends. */
  folder: string;
  /** Room on the disk of the work folder. */
  hold: WorkHold;
  /** To be called when a report finds that the attempt was replaced: ends it. */
  onReplaced: () => void;
  /** Notes an object that was reserved for an output: it is deleted unless the job completes with it. */
  reserved: (objectId: string) => void;
}

/** Thrown by a run whose job waits for its children, which it has inserted; the job runs again when all are final. */
export class AwaitChildren extends Error {}

export type Execute = (tools: WorkTools, run: Run) => Promise<Completion>;

export interface Kind<Request = never> extends KindTraits {
  /** Judges a request; changes nothing. Absent: jobs of this kind are made by the service itself. */
  admit?(services: AdmissionServices, caller: Caller, request: Request): Promise<Admission>;
  /** Loads what runs it: the API never does, so that it neither loads nor holds what only workers need. */
  load(): Promise<Execute>;
}
