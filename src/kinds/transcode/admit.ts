import { accountRetention } from '../../accounts/accounts.ts';
import type { Warning } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import { hideQueries } from '../../contract/hide-queries.ts';
import { idleInAccount, idleRetention } from '../../contract/limit-advice.ts';
import { type CreateBody, toTranscodeRequest } from '../../contract/transcodes.ts';
import type { RequestProblem } from '../../contract/validate.ts';
import { findSources, type NamedSource, type RefusedSource, type ResolvedSource } from '../../jobs/sources.ts';
import type { Judgement, MediaInfo } from '../../media/index.ts';
import { ThreadEnded } from '../../threads/task-thread.ts';
import type { Admission, AdmissionServices, Caller } from '../kind.ts';
import { knownInfo } from '../shared/stored-info.ts';
import { type PlaceOf, placeInRequest, refusalError, refusalProblem, refusedUrl, sourceError } from './problems.ts';
import { factsJson, requestJson, settingsJson, toStoredRequest } from './request.ts';

/** A transcode as a client asks for it. */
export interface TranscodeSubmission {
  body: CreateBody;
  /** The body as it was sent, before a schema dropped what it does not know; errors refer to it. */
  sent: unknown;
  warnings: readonly Warning[];
  /** Name of the download; without it, the first input's with the new extension. */
  outputName?: string;
  /** Maps fields of `body` to `sent`, when that was a command string. */
  place?: PlaceOf;
}

export interface TranscodeAdmission extends Admission {
  judgement: Judgement;
  /** What may not run, in terms of what the caller sent. */
  refusals: readonly RequestProblem[];
  /** Of each input, what is known without holding it. */
  foundInputs: readonly (ResolvedSource | RefusedSource)[];
  /** Of each input; null: not probed yet. */
  infos: readonly (MediaInfo | null)[];
}

/** Judges a request by what is known of its inputs; no file is read. */
export async function admitTranscode(
  services: AdmissionServices,
  caller: Caller,
  submission: TranscodeSubmission,
): Promise<TranscodeAdmission> {
  const { context } = services;
  const { account } = caller;
  const { body, sent, place = placeInRequest } = submission;
  const inputs = body.inputs.map(({ url }, index) => ({ url, field: `inputs[${index}].url` }));
  const foundInputs = await findNamed(services, caller, inputs);
  const infos = foundInputs.map((source) => ('refusal' in source ? null : knownInfo(source.inspection)));
  const judgement = await judge(services, caller, body, infos);
  const assets = judgement.assets.flatMap(({ kind, source, field }, index) =>
    source.type === 'url' ? [{ index, kind, url: source.url, field }] : [],
  );
  const refusals = judgement.refusals.map((refusal) => refusalProblem(refusal, sent, place));
  const { preset, limits } = body;
  return {
    problems: [
      ...refusedSources(services, inputs, place),
      ...(refusals.length > 0 ? [refusalError('option_refused', refusals)] : []),
      ...refusedSources(services, assets, place),
    ],
    resourceClass: judgement.resourceClass,
    request: () => {
      const stored = toStoredRequest(body, body.disarm || account.disarm);
      return { shown: requestJson.write(hideQueries(stored)), whole: requestJson.write(stored) };
    },
    facts: factsJson.write({ source: sourceOf(body), output_format: body.outputFormat }),
    settings: preset || limits ? settingsJson.write({ ...(preset && { preset }), ...(limits && { limits }) }) : null,
    inputs,
    assets,
    outputs: [{ format: body.outputFormat, name: submission.outputName ?? null }],
    warnings: [
      ...submission.warnings,
      ...judgement.warnings,
      ...idleInAccount(body.limits ?? {}, account),
      ...idleRetention(body.retention_seconds, accountRetention(account, context.retentionSeconds)),
    ],
    metadata: body.metadata ?? null,
    retentionSeconds: body.retention_seconds ?? null,
    judgement,
    refusals,
    foundInputs,
    infos,
  };
}

/** What is known of sources without holding them. */
export function findNamed({ context }: AdmissionServices, { account }: Caller, sources: readonly NamedSource[]) {
  const urls = sources.map(({ url }) => url);
  return urls.length === 0 ? [] : findSources(context, context.db, account, urls);
}

/** A large request does not hold up others: it is read in a thread. */
async function judge(
  { planner }: AdmissionServices,
  { account }: Caller,
  body: CreateBody,
  infos: readonly (MediaInfo | null)[],
): Promise<Judgement> {
  try {
    return await planner.judge({ request: toTranscodeRequest(body), infos }, account.id);
  } catch (error) {
    // The budget bounds what a request can cost, so only a machine that is too busy runs out of time.
    if (error instanceof ThreadEnded) throw new ApiError('unavailable');
    throw error;
  }
}

function refusedSources({ checkSourceUrl }: AdmissionServices, sources: readonly NamedSource[], place: PlaceOf) {
  return sources.flatMap((source) => {
    const reason = refusedUrl(checkSourceUrl, source);
    return reason === null ? [] : [sourceError(source, reason, place)];
  });
}

/** What decides how the output is made; an empty list of options decides nothing. */
function sourceOf(body: CreateBody): 'preset' | 'raw_options' | 'defaults' {
  if (body.options?.length) return 'raw_options';
  if (body.preset) return 'preset';
  return body.filters?.length ? 'raw_options' : 'defaults';
}
