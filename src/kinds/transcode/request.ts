import * as z from 'zod';
import { type CreateBody, createBody } from '../../contract/transcodes.ts';
import type { Vault } from '../../crypto/vault.ts';
import { openColumn, type RowOf } from '../../database/sealed-columns.ts';
import { storedJson } from '../../database/stored-json.ts';
import type { Job } from '../../jobs/rows.ts';

/** The stored form of a request, sealed: everything except URLs and metadata, which have their own columns. */
const { shape } = createBody;
const stored = z.object({
  inputs: z.array(shape.inputs.element.omit({ url: true })),
  outputFormat: shape.outputFormat,
  preset: shape.preset,
  options: shape.options,
  filters: shape.filters,
  /** Whether every input must be remuxed before FFmpeg reads it, as set by the request or the account. */
  disarm: shape.disarm,
  /** The requested limits; `jobs.limits` has those of the cell. */
  limits: shape.limits,
});
export type StoredRequest = z.infer<typeof stored>;
export const requestJson = storedJson('request of a transcode', 1, stored);

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
    outputFormat: body.outputFormat,
    ...(body.preset && { preset: body.preset }),
    ...(body.options && { options: body.options }),
    ...(body.filters && { filters: body.filters }),
    ...(disarm && { disarm: true }),
    ...(body.limits && { limits: body.limits }),
  };
}

const shownOptions = storedJson(
  'request of a transcode',
  1,
  z.looseObject({ options: z.array(z.unknown()).optional() }),
);

/** The options for clients. Checks only that they are a list, because parsing a large request is slow. */
export function openOptions(vault: Vault, job: RowOf<'jobs'> & Pick<Job, 'request_sealed'>): unknown[] {
  const text = openColumn(vault, 'jobs', 'request_sealed', job);
  return text === null ? [] : (shownOptions.read(JSON.parse(text)).options ?? []);
}

/** The request for clients, without queries of URLs; null once the job is erased. */
export function openRequest(vault: Vault, job: RowOf<'jobs'> & Pick<Job, 'request_sealed'>): StoredRequest | null {
  return parsed(openColumn(vault, 'jobs', 'request_sealed', job));
}

/** The request as the client sent it; null once the job is final. */
export function openWholeRequest(
  vault: Vault,
  job: RowOf<'jobs'> & Pick<Job, 'request_sealed' | 'request_source_sealed'>,
): StoredRequest | null {
  return parsed(openColumn(vault, 'jobs', 'request_source_sealed', job)) ?? openRequest(vault, job);
}

function parsed(text: string | null): StoredRequest | null {
  return text === null ? null : requestJson.read(JSON.parse(text));
}
