import * as z from 'zod';
import { outputRequest } from '../../contract/output-request.ts';
import { type CreateBody, createBody, outputsOf } from '../../contract/transcodes.ts';
import type { Vault } from '../../crypto/vault.ts';
import { openColumn, type RowOf } from '../../database/sealed-columns.ts';
import { storedJson } from '../../database/stored-json.ts';
import type { Job } from '../../jobs/rows.ts';

/** The stored form of a request, sealed: everything except URLs and metadata, which have their own columns. */
const { shape } = createBody;
const common = z.object({
  inputs: z.array(shape.inputs.element.omit({ url: true })),
  /** Whether every input must be remuxed before FFmpeg reads it, as set by the request or the account. */
  disarm: shape.disarm,
  /** The requested limits; `jobs.limits` has the limits of the cell. */
  limits: shape.limits,
});
const oneOutput = storedJson(
  'request of a transcode',
  1,
  common.extend(outputRequest.omit({ name: true, bitrate: true }).shape),
);
/** `outputs` as requested, each with its name. */
const namedOutputs = storedJson(
  'request of a transcode',
  2,
  common.extend({ outputs: z.array(outputRequest.required({ name: true })).min(1) }),
);
type Stored<T> = T extends { read(stored: unknown): infer Value } ? Value : never;
export type StoredRequest = Stored<typeof oneOutput> | Stored<typeof namedOutputs>;

/** Version 1 has one output and is what the release before reads; version 2 has `outputs`. */
export const requestJson = {
  write: (request: StoredRequest) => ('outputs' in request ? namedOutputs.write(request) : oneOutput.write(request)),
  read: (stored: unknown): StoredRequest =>
    (stored as { v?: unknown }).v === 2 ? namedOutputs.read(stored) : oneOutput.read(stored),
};

/** Unsealed facts for lists: words from fixed lists. */
export const factsJson = storedJson(
  'facts of a transcode',
  1,
  z.object({ source: z.enum(['preset', 'raw_options', 'defaults']), output_format: z.string() }),
);
/** Like the facts, but cleared when the job is erased. */
export const settingsJson = storedJson(
  'settings of a transcode',
  1,
  z.object({
    preset: z.object({ quality: z.string().optional(), resolution: z.string().optional() }).optional(),
    limits: z.partialRecord(z.enum(['memory_mb', 'cpu_seconds', 'wall_seconds', 'output_mb']), z.number()).optional(),
  }),
);
/** The stored form of a plan, sealed: FFmpeg's arguments, and what determined them. */
export const planJson = storedJson(
  'plan of a transcode',
  1,
  z.object({
    args: z.array(z.string()),
    source: z.string(),
    /** Arguments of the second command and those after it; absent for one command. */
    further: z.array(z.array(z.string())).optional(),
  }),
);

export function toStoredRequest(body: CreateBody, disarm: boolean): StoredRequest {
  return {
    inputs: body.inputs.map((input) => (input.options ? { options: input.options } : {})),
    ...(body.outputs ? { outputs: outputsOf(body) } : oneOutputOf(body)),
    ...(disarm && { disarm: true }),
    ...(body.limits && { limits: body.limits }),
  };
}

function oneOutputOf({ outputFormat, preset, options, filters }: CreateBody) {
  // The schema requires it without `outputs`.
  return {
    outputFormat: outputFormat!,
    ...(preset && { preset }),
    ...(options && { options }),
    ...(filters && { filters }),
  };
}

const withOptions = z.looseObject({ options: z.array(z.unknown()).optional() });

/** The options for clients; empty for a job with `outputs`. Checks only that they are a list, because parsing a large request is slow. */
export function openOptions(vault: Vault, job: RowOf<'jobs'> & Pick<Job, 'request_sealed'>): unknown[] {
  const text = openColumn(vault, 'jobs', 'request_sealed', job);
  return text === null ? [] : (withOptions.parse(JSON.parse(text)).options ?? []);
}

/** The request for clients, without queries of URLs; null once the job is erased. */
export function openRequest(vault: Vault, job: RowOf<'jobs'> & Pick<Job, 'request_sealed'>): StoredRequest | null {
  return parsed(openColumn(vault, 'jobs', 'request_sealed', job));
}

/** The request as the client sent it; null once the job is final. */
export function openFullRequest(
  vault: Vault,
  job: RowOf<'jobs'> & Pick<Job, 'request_sealed' | 'request_source_sealed'>,
): StoredRequest | null {
  return parsed(openColumn(vault, 'jobs', 'request_source_sealed', job)) ?? openRequest(vault, job);
}

function parsed(text: string | null): StoredRequest | null {
  return text === null ? null : requestJson.read(JSON.parse(text));
}
