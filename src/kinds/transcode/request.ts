import * as z from 'zod';
import { inputFields } from '../../contract/input-request.ts';
import { type OutputBody, outputRequest } from '../../contract/output-request.ts';
import { outputRole } from '../../contract/output-role.ts';
import { type CreateBody, createBody, onlyOutput, outputsOf } from '../../contract/transcodes.ts';
import type { Vault } from '../../crypto/vault.ts';
import { openColumn, type RowOf } from '../../database/sealed-columns.ts';
import { storedJson } from '../../database/stored-json.ts';
import type { Job } from '../../jobs/rows.ts';

/** The stored form of a request, sealed: everything except URLs, destinations and metadata, which have their own columns. */
const { shape } = createBody;
const common = z.object({
  inputs: z.array(inputFields.omit({ url: true, upload: true })),
  /** Whether every input must be remuxed before FFmpeg reads it, as set by the request or the account. */
  disarm: shape.disarm,
  /** The requested limits. `jobs.limits` contains the limits of the cell. */
  limits: shape.limits,
});
const NAME = 'request of a transcode';
const one = common.extend(outputRequest.omit({ name: true, bitrate: true, destination: true }).shape);
/** The stored form of a request with `outputs`. Each output has a name. */
const several = common.extend({
  outputs: z.array(outputRequest.required({ name: true }).omit({ destination: true })).min(1),
});
const oneOutput = storedJson(NAME, 1, one);
const namedOutputs = storedJson(NAME, 2, several);
/** The stored form of a request with stills, previews or waveforms, which the previous release would read as plain pictures. */
const onePicture = storedJson(NAME, 3, one);
const namedPictures = storedJson(NAME, 3, several);
type Stored<T> = T extends { read(stored: unknown): infer Value } ? Value : never;
export type StoredRequest = Stored<typeof oneOutput> | Stored<typeof namedOutputs>;

/**
 * The stored request. Version 1 has one output, and version 2 has `outputs`. Version 3 has either form, with pictures that older releases
 * do not know.
 */
export const requestJson = {
  write: (request: StoredRequest): string => {
    const hasPicture = ('outputs' in request ? request.outputs : [request]).some(isPicture);
    if ('outputs' in request) return (hasPicture ? namedPictures : namedOutputs).write(request);
    return (hasPicture ? onePicture : oneOutput).write(request);
  },
  read: (stored: unknown): StoredRequest => {
    const { v, outputs } = stored as { v?: unknown; outputs?: unknown };
    if (v === 3) return outputs === undefined ? onePicture.read(stored) : namedPictures.read(stored);
    return v === 2 ? namedOutputs.read(stored) : oneOutput.read(stored);
  },
};

function isPicture(output: Partial<OutputBody>): boolean {
  return outputRole(output) !== 'media';
}

/** Facts for lists of jobs. They are not sealed, because they are words from fixed lists. */
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
    /** The version of a template that the request used, such as `web@3`. */
    template: z.string().optional(),
    /** Fields of which a part is dropped when the job ends; see `droppedFields`. */
    dropped: z.array(z.string()).optional(),
  }),
);
/** The stored form of a plan, sealed: FFmpeg's arguments, and the settings from which they were derived. */
export const planJson = storedJson(
  'plan of a transcode',
  1,
  z.object({
    args: z.array(z.string()),
    source: z.string(),
    /** Arguments of the second command and all later commands; absent if there is only one command. */
    further: z.array(z.array(z.string())).optional(),
  }),
);

export function toStoredRequest(body: CreateBody, disarm: boolean): StoredRequest {
  return {
    inputs: body.inputs.map((input) => (input.options ? { options: input.options } : {})),
    ...(body.outputs ? { outputs: outputsOf(body).map(({ destination: _, ...output }) => output) } : onlyOutput(body)),
    ...(disarm && { disarm: true }),
    ...(body.limits && { limits: body.limits }),
  };
}

const withOptions = z.looseObject({ options: z.array(z.unknown()).optional() });

/**
 * Returns the options for clients; empty for a job with `outputs`. Checks only that the options are a list, because parsing a large request
 * is slow.
 */
export function openOptions(vault: Vault, job: RowOf<'jobs'> & Pick<Job, 'request_sealed'>): unknown[] {
  const text = openColumn(vault, 'jobs', 'request_sealed', job);
  return text === null ? [] : (withOptions.parse(JSON.parse(text)).options ?? []);
}

/** Returns the request for clients, without queries of URLs; null once the job is erased. */
export function openRequest(vault: Vault, job: RowOf<'jobs'> & Pick<Job, 'request_sealed'>): StoredRequest | null {
  return parsed(openColumn(vault, 'jobs', 'request_sealed', job));
}

/**
 * Returns the request as the client sent it. Once the job is final, returns the request without queries of URLs. Returns null once the job
 * is erased.
 */
export function openFullRequest(
  vault: Vault,
  job: RowOf<'jobs'> & Pick<Job, 'request_sealed' | 'request_source_sealed'>,
): StoredRequest | null {
  return parsed(openColumn(vault, 'jobs', 'request_source_sealed', job)) ?? openRequest(vault, job);
}

function parsed(text: string | null): StoredRequest | null {
  return text === null ? null : requestJson.read(JSON.parse(text));
}
