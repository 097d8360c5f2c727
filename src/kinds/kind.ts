import type { Account } from '../accounts/accounts.ts';
import type { Warning } from '../contract/common.ts';
import type { OwnKeys } from '../database/own-keys.ts';
import type { ResourceClass } from '../database/tables.ts';
import type { Fetcher } from '../fetcher/index.ts';
import type { Completion } from '../jobs/finish.ts';
import type { JobsContext, KindTraits } from '../jobs/kind.ts';
import type { AssetKind, Claim } from '../jobs/rows.ts';
import type { NamedSource, RefusedSource, ResolvedSource } from '../jobs/sources.ts';
import type { Planner } from '../planner/index.ts';
import type { Sandbox } from '../sandbox/types.ts';
import type { Sanitizer } from '../sanitizer/index.ts';
import type { Logger, MeasureStage } from '../telemetry/index.ts';
import type { MemoryRoom } from './shared/memory-room.ts';
import type { WorkHold } from './shared/work-room.ts';

/*
 * A kind of job is one folder here and one entry in `registry.ts`. It defines how a request is checked (`admit`) and
 * how a worker runs it (`execute`). Everything else is in `src/jobs/` and `src/worker/`.
 */

/** The client of a request, on any interface. */
export interface Caller {
  account: Account;
  keyId: string | null;
  /** Whose jobs the client may see: their outputs may be inputs of its own. */
  ownKeys: OwnKeys;
  requestId: string;
  /** Of the request; null if it is not traced. */
  traceparent?: string | null;
}

/** Services that `admit` uses. */
export interface AdmissionServices {
  context: JobsContext;
  /** Reads requests; large ones in a thread. */
  planner: Pick<Planner, 'judge'>;
  /** Checks the form of a source URL, without a DNS lookup. */
  checkSourceUrl: (url: string) => { ok: boolean; reason?: string };
  /** The same for the URL of a webhook. */
  checkWebhookUrl: (url: string) => { ok: boolean; reason?: string };
}

/** Result of `admit`: the job to insert, or the problems that prevent it. */
export interface Admission {
  /** In the order in which they were found. A create throws the first one. */
  problems: readonly Error[];
  resourceClass: ResourceClass;
  /** As in `NewJob`. A function, because serializing a large request is slow and only an insert needs it. */
  request: (() => { shown: string; whole: string }) | null;
  facts: string;
  settings: string | null;
  inputs: readonly NamedSource[];
  assets: readonly (NamedSource & { index: number; kind: AssetKind })[];
  /** What is known about each input without locking it. Absent if they were not looked up. */
  foundInputs?: readonly (ResolvedSource | RefusedSource)[];
  /** `name` is the name of the download; null derives it from the first input and the format. */
  outputs: readonly { format: string; name: string | null }[];
  warnings: readonly Warning[];
  metadata: Record<string, unknown> | null;
  /** Requested retention in seconds; null for the default of the account or server. */
  retentionSeconds: number | null;
  /** Receives the final events of the job. */
  webhookUrl?: string | null;
  /** From -10 to 10; 0 when absent. */
  priority?: number;
}

/** Tools with which a worker runs a job. */
export interface WorkTools {
  context: JobsContext;
  sandbox: Sandbox;
  fetcher: Fetcher;
  sanitizer: Sanitizer;
  /** Reads and plans large requests, and draws layers, in threads. */
  planner: Planner;
  logger: Logger;
  /** Measures the steps of an attempt. */
  measure: MeasureStage;
  /** Memory for the cells of the worker. */
  memory: MemoryRoom;
  /** Call it when the storage is unreachable. */
  onStorageAway: () => void;
  settings: {
    version: string;
    cores: number;
    /** Upper bound of the memory of one cell, in bytes. */
    cellMemoryBytes: number;
    /** Milliseconds for which a finished output, and its slot, is held while the storage is unreachable. */
    outputHoldMs: number;
    /** Resource classes that each slot of this worker takes. */
    slots: readonly (readonly ResourceClass[])[];
    /** Whether long videos are encoded in pieces; off by default. */
    chunks?: 'off' | 'auto' | 'always';
  };
}

/** A job's lease of a slot. Only its holder may run cells. */
export interface SlotLease {
  /** Call it when all sources are staged. Resolves to the slot's number; rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<number>;
  /** Gives the slot back, for a job that turned out to wait for its sources. No cell may run; acquire it again later. */
  giveBack(): void;
}

/** One attempt, as passed to `execute`. */
export interface Run {
  claim: Claim;
  lease: SlotLease;
  /** Aborted when the job is canceled, the attempt is replaced, or the worker must release the job. */
  signal: AbortSignal;
  /** Work folder of this attempt; removed when it ends. */
  folder: string;
  /** Room on the disk of the work folder. */
  hold: WorkHold;
  /** Call it when a report finds that the attempt was replaced; ends the attempt. */
  onReplaced: () => void;
  /** Registers an object that was reserved for an output. It is deleted unless the job completes with it. */
  reserved: (objectId: string) => void;
}

/** Thrown by `execute` after it has inserted children. The job runs again when all of them are final. */
export class AwaitChildren extends Error {}

export type Execute = (tools: WorkTools, run: Run) => Promise<Completion>;

export interface Kind<Request = never> extends KindTraits {
  /** Checks a request and changes nothing. Absent for kinds whose jobs only the service creates. */
  admit?(services: AdmissionServices, caller: Caller, request: Request): Promise<Admission>;
  /** Imports the code that runs a job. The API never calls it, so it does not load what only workers need. */
  load(): Promise<Execute>;
}
