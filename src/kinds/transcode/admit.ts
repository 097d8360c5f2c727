import { accountRetention } from '../../accounts/accounts.ts';
import { knownInfo } from '../../attempt/media/stored-info.ts';
import { captionsLast, needsSpeech } from '../../contract/caption-outputs.ts';
import type { Warning } from '../../contract/common.ts';
import { isS3Url } from '../../contract/connections.ts';
import { ApiError } from '../../contract/errors.ts';
import { isLadderFormat } from '../../contract/formats.ts';
import { hideQueries } from '../../contract/hide-queries.ts';
import { idleInAccount, idleRetention } from '../../contract/limit-advice.ts';
import type { OutputBody } from '../../contract/output-request.ts';
import { outputRole } from '../../contract/output-role.ts';
import type { JobRequest } from '../../contract/transcode-request.ts';
import { type CreateBody, outputsOf, toJobRequest } from '../../contract/transcodes.ts';
import { PARTS_FROM_BYTES } from '../../contract/upload-inputs.ts';
import type { RequestProblem } from '../../contract/validate.ts';
import type { MediaInfo, Review } from '../../ffmpeg/index.ts';
import {
  ARRIVING_INPUTS,
  DESTINATIONS,
  LADDER_QUALITY,
  LADDERS,
  QUALITY,
  S3_SOURCES,
  UPLOADED_INPUTS,
} from '../../jobs/capabilities.ts';
import { offeredTranscription } from '../../jobs/offered-transcription.ts';
import { findSources, type NamedSource, type RejectedSource, type ResolvedSource } from '../../jobs/sources.ts';
import { cleanFilename } from '../../storage/stored-name.ts';
import { requireInputSize } from '../../uploads/new-inputs.ts';
import { missingConnections } from '../connection-sources.ts';
import type { Admission, AdmissionServices, Caller } from '../kind.ts';
import {
  type Locate,
  locateInRequest,
  rejectedUrl,
  rejectionError,
  rejectionProblem,
  sourceError,
} from '../problems.ts';
import { rejectedWebhook } from '../webhook-url.ts';
import { type Destinations, findDestinations } from './destinations.ts';
import { droppedFields } from './dropped-fields.ts';
import { factsJson, requestJson, settingsJson, toStoredRequest } from './request.ts';
import { reviewBody } from './review-body.ts';
import { onlyCopies, streamsInput, streamsOutput } from './streaming/may-stream.ts';
import { useTemplate } from './use-template.ts';

/** A request for a transcode. */
export interface TranscodeSubmission {
  body: CreateBody;
  /** The body as sent, before the schema dropped unknown fields. Errors refer to this body. */
  sent: unknown;
  warnings: readonly Warning[];
  /** Name of the download. Defaults to the name of the first input, with the new extension. */
  outputName?: string;
  /** Maps fields of `body` to positions in `sent`. Set if `sent` is a command string. */
  locate?: Locate;
}

export interface TranscodeAdmission extends Admission {
  review: Review;
  /** Reasons for a rejection, by their positions in the client's input. */
  rejections: readonly RequestProblem[];
  /** For each input, the source that was found without a lock, or its rejection. */
  foundInputs: readonly (ResolvedSource | RejectedSource)[];
  /** Media properties of each input; null if it has not been probed. */
  infos: readonly (MediaInfo | null)[];
  /** Problems of connections and destinations. The details of each problem contain its field. */
  placeProblems: readonly ApiError[];
}

/**
 * Checks a request, completed from its template, with the known properties of its inputs. Reads no file. Throws `template_not_found`, or
 * `invalid_request` if the request and the template contradict each other.
 */
export async function admitTranscode(
  services: AdmissionServices,
  caller: Caller,
  submission: TranscodeSubmission,
): Promise<TranscodeAdmission> {
  const { context } = services;
  const { account } = caller;
  const { sent } = submission;
  const { template, explainProblem, explainWarning, ...filled } = await useTemplate(services, caller, submission.body);
  const { body, order } = captionsLast(filled.body);
  const locate = locateInOrder(submission.locate ?? locateInRequest, order);
  const inputs = body.inputs.map(nameInput);
  const foundInputs = await findInputs(services, caller, inputs);
  const infos = foundInputs.map((source) => ('code' in source ? null : knownInfo(source.inspection)));
  const request = toJobRequest({ ...body, inputs: withUrls(body, inputs) });
  const review = await reviewBody(services, account, request, infos);
  const assets = review.assets.flatMap(({ kind, source, field }, index) =>
    source.type === 'url' ? [{ index, kind, url: source.url, field }] : [],
  );
  const outputs = outputsOf(body);
  const speech = needsSpeech(outputs) ? await offeredTranscription(context.db) : undefined;
  const destinations = await findDestinations(services, caller, body, outputs);
  const rejections = review.rejections.map((one) => explainProblem(rejectionProblem(one, sent, locate), one.field));
  const missing = await missingConnections(services, caller, [...inputs, ...assets]);
  const placeProblems = [...missing, ...destinations.problems];
  const needs = needsOf(outputs, destinations, [...inputs, ...assets], speech);
  const stored = toStoredRequest(body, body.disarm || account.disarm);
  return {
    problems: [
      ...(speech === null ? [new ApiError('transcription_not_configured')] : []),
      ...rejectedUploads(services, caller, inputs),
      ...rejectedSources(services, inputs, locate),
      ...(rejections.length > 0 ? [rejectionError('option_refused', rejections)] : []),
      ...rejectedSources(services, assets, locate),
      ...rejectedWebhook(services, body.webhook_url),
      ...placeProblems,
    ],
    resourceClass: review.resourceClass,
    request: () => ({ shown: requestJson.write(hideQueries(stored)), sent: requestJson.write(stored) }),
    facts: factsJson.write({ source: sourceOf(outputs[0]!), output_format: outputs[0]!.outputFormat }),
    settings: () => settingsOf(body, template, droppedFields(inputs, foundInputs, stored)),
    inputs,
    assets,
    outputs: newOutputs(outputs, destinations, submission),
    warnings: [
      ...submission.warnings,
      ...review.warnings.map(explainWarning),
      ...idleInAccount(body.limits ?? {}, account),
      ...idleRetention(body.retention_seconds, accountRetention(account, context.retentionSeconds)),
    ],
    metadata: body.metadata ?? null,
    retentionSeconds: body.retention_seconds ?? null,
    webhookUrl: body.webhook_url ?? null,
    ...{ priority: body.priority ?? 0, needs: [...needs, ...earlyNeeds(inputs, request, review)] },
    ...{ review, rejections, foundInputs, infos, placeProblems },
  };
}

function settingsOf(
  { preset, limits }: CreateBody,
  template: string | null | undefined,
  dropped: readonly string[],
): string | null {
  if (!preset && !limits && !template && dropped.length === 0) return null;
  return settingsJson.write({
    ...(preset && { preset }),
    ...(limits && { limits }),
    ...(template && { template }),
    ...(dropped.length > 0 && { dropped: [...dropped] }),
  });
}

/** Returns a function that locates a field of the sorted outputs in the client's request. */
function locateInOrder(locate: Locate, order: readonly number[]): Locate {
  if (order.length === 0) return locate;
  const sent = (field: string) =>
    field.replace(/^outputs\[(\d+)\]/, (_, index: string) => `outputs[${order[Number(index)] ?? index}]`);
  return (field, offset) => locate(sent(field), offset);
}

function newOutputs(
  outputs: readonly (OutputBody & { name: string })[],
  { deliveries }: Pick<Destinations, 'deliveries'>,
  { outputName }: Pick<TranscodeSubmission, 'outputName'>,
): Admission['outputs'] {
  return outputs.map(({ name, ...output }, index) => ({
    format: output.outputFormat,
    name: outputName ?? null,
    label: name === output.outputFormat ? null : name,
    role: outputRole(output),
    delivery: deliveries[index] ?? null,
  }));
}

/** Returns the capabilities that the job requires, because a worker of an older release lacks them. */
function needsOf(
  outputs: readonly OutputBody[],
  { deliveries }: Pick<Destinations, 'deliveries'>,
  sources: readonly NamedSource[],
  speech: string | null | undefined,
): string[] {
  const isCompared = outputs.some(({ target, measure, preset }) => target ?? measure ?? preset?.target);
  return [
    ...(outputs.some(({ outputFormat }) => isLadderFormat(outputFormat)) ? [LADDERS] : []),
    ...(deliveries.some((one) => one !== null) ? [DESTINATIONS] : []),
    ...(sources.some(({ url }) => isS3Url(url)) ? [S3_SOURCES] : []),
    ...(sources.some(({ upload }) => upload) ? [UPLOADED_INPUTS] : []),
    ...(isCompared ? [QUALITY] : []),
    ...(speech ? [speech] : []),
    ...(outputs.some(({ outputFormat, measure }) => measure && isLadderFormat(outputFormat)) ? [LADDER_QUALITY] : []),
  ];
}

/**
 * Returns the capability that a job requires to start while a client uploads the parts of its only input. Returns an empty list if the
 * input or the outputs do not allow this.
 */
function earlyNeeds(inputs: readonly NamedSource[], request: JobRequest, { assets }: Review): string[] {
  const [input, ...others] = inputs;
  const isLarge = input?.upload && input.upload.fileSize > PARTS_FROM_BYTES;
  if (!isLarge || others.length > 0 || assets.length > 0) return [];
  const outputs = 'outputs' in request ? request.outputs : [request];
  if (outputs.every(onlyCopies)) return [];
  return streamsInput(request.inputs[0]!) && outputs.every(streamsOutput) ? [ARRIVING_INPUTS] : [];
}

function nameInput({ url, upload }: CreateBody['inputs'][number], index: number): NamedSource {
  const field = `inputs[${index}]`;
  // The schema requires either a URL or an upload.
  return upload ? { url: `upload:${index}`, field: `${field}.upload`, upload } : { url: url!, field: `${field}.url` };
}

/** Returns the inputs for the planner, which identifies sources by their URLs. */
function withUrls(body: CreateBody, named: readonly NamedSource[]): (CreateBody['inputs'][number] & { url: string })[] {
  return body.inputs.map(({ upload: _, ...input }, index) => ({ ...input, url: named[index]!.url }));
}

/** Resolves inputs without locking them. A new upload resolves only to the name of its file. */
async function findInputs(services: AdmissionServices, caller: Caller, inputs: readonly NamedSource[]) {
  const found = await findNamed(
    services,
    caller,
    inputs.filter(({ upload }) => !upload),
  );
  const others = found.values();
  return inputs.map(({ upload }): ResolvedSource | RejectedSource => {
    if (!upload) return others.next().value!;
    const name = cleanFilename(upload.filename);
    return { uploadId: null, objectId: null, shownUrl: null, sourceUrl: null, name, inspection: null };
  });
}

/** Returns the error of the first upload for which the client has no permission, or that is larger than allowed. */
function rejectedUploads(
  { settings }: AdmissionServices,
  { account, mayUpload }: Caller,
  inputs: readonly NamedSource[],
): ApiError[] {
  for (const { upload, field } of inputs) {
    if (!upload) continue;
    if (!mayUpload || !settings) {
      const reason = 'requires the scope upload in addition to transcode';
      return [new ApiError('forbidden', { field, scope: 'upload', reason, remedy: 'Use a key with both scopes' })];
    }
    try {
      requireInputSize(account, upload, { field, serverMost: settings.maxUploadBytes });
    } catch (error) {
      if (error instanceof ApiError) return [error];
      throw error;
    }
  }
  return [];
}

/** Resolves sources without locking them. */
export function findNamed({ context }: AdmissionServices, caller: Caller, sources: readonly NamedSource[]) {
  const urls = sources.map(({ url }) => url);
  return urls.length === 0 ? [] : findSources(context, context.db, caller, urls);
}

function rejectedSources({ checkSourceUrl }: AdmissionServices, sources: readonly NamedSource[], locate: Locate) {
  return sources.flatMap((source) => {
    const reason = rejectedUrl(checkSourceUrl, source);
    return reason === null ? [] : [sourceError(source, reason, locate)];
  });
}

/**
 * Returns the source of the encoding settings of an output: raw options, a preset, or the defaults. An empty list of options counts as no
 * options.
 */
function sourceOf(output: Pick<CreateBody, 'options' | 'preset' | 'filters'>): 'preset' | 'raw_options' | 'defaults' {
  if (output.options?.length) return 'raw_options';
  if (output.preset) return 'preset';
  return output.filters?.length ? 'raw_options' : 'defaults';
}
