import type { Account } from '../accounts/accounts.ts';
import type { Run, WorkTools } from '../attempt/tools.ts';
import type { Warning } from '../contract/common.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { JobSchemas } from '../contract/jobs.ts';
import type { KindToolTexts } from '../contract/tools.ts';
import type { UploadTarget } from '../contract/upload-inputs.ts';
import type { OwnKeys } from '../database/own-keys.ts';
import type { ResourceClass } from '../database/tables.ts';
import type { NewDelivery } from '../jobs/delivery.ts';
import type { Completion } from '../jobs/finish.ts';
import type { InsertedJob } from '../jobs/insert.ts';
import type { JobsContext, KindTraits, ShownTraits } from '../jobs/kind.ts';
import type { AssetKind } from '../jobs/rows.ts';
import type { NamedSource, RejectedSource, ResolvedSource } from '../jobs/sources.ts';
import type { Planner } from '../threads/planning/index.ts';

/*
 * A kind of job is one folder here and one entry in `registry.ts`. It defines how a request is checked (`admit`), how a worker runs it
 * (`load`), and how clients see it (`events` and `shown`). Routes, documentation, lists, counters, webhooks and receipts are derived from
 * this definition. No kind imports another.
 */

/** The context of the functions that depend on the kinds of jobs. */
export interface KindsContext extends JobsContext {
  kinds: ReadonlyMap<string, Kind>;
}

/** The client of a request, on any interface. */
export interface Caller {
  account: Account;
  keyId: string | null;
  /** The keys whose jobs the client may see. Outputs of these jobs may be inputs of its own jobs. */
  ownKeys: OwnKeys;
  requestId: string;
  /** Whether the client may upload files. Defaults to false. */
  mayUpload?: boolean;
  /** The `traceparent` of the request; null if the request is not traced. */
  traceparent?: string | null;
}

/** Services that `admit` uses. */
export interface AdmissionServices {
  context: KindsContext;
  /** Reviews requests. A large request is reviewed in a thread. */
  planner: Pick<Planner, 'review'>;
  /** Checks the form of a source URL, without a DNS lookup. */
  checkSourceUrl: (url: string) => { ok: boolean; reason?: string };
  /** Checks the form of the URL of a webhook, without a DNS lookup. */
  checkWebhookUrl: (url: string) => { ok: boolean; reason?: string };
  /** Absent if requests cannot have uploads, as in requests for the children of a job. */
  settings?: { maxUploadBytes: number };
}

/** The result of `admit`: the job to insert, or the problems that prevent it. */
export interface Admission {
  /** Problems in the order in which they were found. A create throws the first problem. */
  problems: readonly Error[];
  resourceClass: ResourceClass;
  /**
   * Returns the request as in `NewJob`. This is a function, because serializing a large request is slow, and only an insert needs the
   * result.
   */
  request: (() => { shown: string; sent: string }) | null;
  facts: string;
  /** As in `NewJob`. A function if the settings are costly to build, because only an insert needs them. */
  settings: string | null | (() => string | null);
  inputs: readonly NamedSource[];
  assets: readonly (NamedSource & { index: number; kind: AssetKind })[];
  /** For each input, the source that was found without a lock, or its rejection. Absent if the inputs were not looked up. */
  foundInputs?: readonly (ResolvedSource | RejectedSource)[];
  /**
   * `name` is the name of the download; null derives it from the first input and the format. `label` is the name of the output among
   * several outputs; if it is absent or null, the format is the name.
   */
  outputs: readonly {
    format: string;
    name: string | null;
    label?: string | null;
    role?: string;
    delivery?: NewDelivery | null;
  }[];
  warnings: readonly Warning[];
  metadata: Record<string, unknown> | null;
  /** Requested retention in seconds; null for the default of the account or server. */
  retentionSeconds: number | null;
  /** URL that receives the final events of the job. */
  webhookUrl?: string | null;
  /** Priority from -10 to 10. Defaults to 0. */
  priority?: number;
  /** False for a job that reads no source itself. By default, a job fetches if it has a source to fetch. */
  fetches?: false;
  /** Id of the final job to which this job belongs. If the final job is erased, this job is canceled. */
  parentId?: string;
  /** Capabilities that the job requires of a worker beyond its kind, e.g. `transcription:base-q8_0`. Defaults to none. */
  needs?: readonly string[];
}

/**
 * The result of an attempt that did not fail. A job that awaits its children runs again when all of them are final. A job that
 * awaits a review runs again after the review. A job that awaits its upload runs again when the upload is complete. A deferred job returns to
 * the queue, because this worker has no capacity for it.
 */
export type AttemptResult =
  | { outcome: 'completed'; completion: Completion }
  | { outcome: 'awaiting-children' }
  | { outcome: 'awaiting-review' }
  | { outcome: 'awaiting-upload' }
  | { outcome: 'deferred' };

/** Runs an attempt at a job. `kinds` contains the kinds of the worker, for a parent whose children are jobs of other kinds. */
export type Execute = (tools: WorkTools, run: Run, kinds: ReadonlyMap<string, Kind>) => Promise<AttemptResult>;

/** The context of views, which read and unseal rows. */
export type ViewContext = Pick<JobsContext, 'db' | 'vault' | 'store'>;

export interface SubmittedJob extends InsertedJob {
  /** The targets of the uploads that the job awaits, by the positions of the inputs. Absent if the job awaits no upload. */
  uploads?: ReadonlyMap<number, UploadTarget>;
  /** Position of the job in the queue: 1 for the next job of its class, 0 while the job awaits uploads. */
  position: number;
}

/** A create whose body has passed the schema. */
export interface CreateRequest {
  body: unknown;
  /** The body as sent, before the schema dropped unknown fields. */
  sent: unknown;
  /** Warnings about unknown fields. */
  warnings: readonly Warning[];
}

/** The operations that every visible kind has. */
export type KindOperation =
  | 'create'
  | 'list'
  | 'get'
  | 'cancel'
  | 'download'
  | 'files'
  | 'erase'
  | 'events'
  | 'receipt';

/** The part of a kind that clients see. */
export interface ShownKind<Request = never> extends ShownTraits {
  /** Path below `/v1/`, such as `transcodes`. Also the tag of its operations, unless `tag` is set. */
  path: string;
  tag?: string;
  /** Whether a separate route creates the jobs of this kind. */
  hasOwnCreate?: boolean;
  /** Statuses, in addition to the final statuses, in which a waiting request returns, because the job does not continue by itself. */
  restingStatuses?: readonly string[];
  /** Path of the list of jobs, if it differs from `path`. */
  listPath?: string;
  /** Description of the tag. */
  description: string;
  /** Name in the ids of operations: `Transcode` in `createTranscode`. */
  operation: string;
  /** Ids of operations that differ from the pattern. */
  operationIds?: Partial<Record<KindOperation, string>>;
  /** Names and texts of tools of the Model Context Protocol that differ from the pattern. */
  tools?: KindToolTexts;
  /** Replaces the descriptions of operations. */
  descriptions?: Partial<Record<KindOperation, string>>;
  schemas: JobSchemas;
  /** Prefix of the names of the schemas of lists and cancels, so that the schemas of two kinds have different names. */
  schemaPrefix: string;
  /** Examples for the documentation, by the names of schemas. */
  examples?: Readonly<Record<string, unknown>>;
  /** Errors of a create, in addition to the errors of every job. */
  createErrors?: readonly ErrorCode[];
  toRequest(create: CreateRequest): Request;
  /** Returns the view of a job that was just inserted. Reads nothing from the database. */
  viewSubmitted(context: ViewContext, submitted: SubmittedJob): ShownJob;
  /** Reads the view of a job. Throws `not_found` for a job of another account or kind. */
  read(context: ViewContext, accountId: string, id: string): Promise<ShownJob>;
  /** Returns jobs of the account as lists and events show them, newest first. Omits ids that are not jobs of this kind. */
  list(context: ViewContext, accountId: string, ids: readonly string[]): Promise<ListedJob[]>;
}

interface ShownJob {
  id: string;
  /** One of `JOB_STATUSES`, or a status that only this kind has. */
  status: string;
}

interface ListedJob {
  id: string;
  created_at: string;
}

export interface Kind<Request = never> extends KindTraits {
  /** Null for kinds that clients do not see, whose `events` are also null. */
  shown: ShownKind<Request> | null;
  /** Checks a request and changes nothing. Absent for kinds whose jobs only the service creates. */
  admit?(services: AdmissionServices, caller: Caller, request: Request): Promise<Admission>;
  /** Capabilities of a worker of this release in addition to the kind. A job lists the capabilities that it requires in `needs`. */
  capabilities?: readonly string[];
  /** Imports the code that runs a job. The API never calls it, so the API does not load code that only workers need. */
  load(): Promise<Execute>;
}
