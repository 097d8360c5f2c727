import type { FastifyRequest } from 'fastify';
import type { Warning } from '../contract/common.ts';
import { type ErrorCode, errors } from '../contract/errors.ts';
import { failures } from '../contract/failures.ts';
import { type CreateBody, createBody, toTranscodeRequest } from '../contract/transcodes.ts';
import type { RequestProblem, ValidateAnswer } from '../contract/validate.ts';
import { lookAtSources } from '../domain/transcodes/look-sources.ts';
import { cappedBy } from './capped.ts';
import type { ApiDeps } from './deps.ts';
import { judgeRequest } from './judge-request.ts';
import { callerOf } from './plugins/auth.ts';
import {
  inputSources,
  positionOf,
  problemsOf,
  refusedUrl,
  requestedAssets,
  SOURCE_REMEDY,
  type Source,
} from './request-policy.ts';
import { unknownFields } from './warnings.ts';

/**
 * Judges a request as a create would, without making anything: no look at any file.
 * What is known of confirmed uploads is used; the planner assumes the rest.
 */
export async function validateTranscode(
  deps: ApiDeps,
  request: FastifyRequest & { body: CreateBody },
): Promise<ValidateAnswer> {
  const { account } = callerOf(request);
  const media = toTranscodeRequest(request.body);
  const warnings = [...unknownFields(createBody, request.sentBody), ...cappedBy(deps.context, account, request.body)];
  const { judgement, looks, infos } = await judgeRequest(deps, account, media);
  const assets = requestedAssets(judgement);
  const urls = assets.map((asset) => asset.url);
  const allLooks = [...looks, ...(await lookAtSources(deps.context, deps.context.db, account, urls))];
  const sources: Source[] = [...inputSources(media), ...assets];
  const problems = sources.flatMap((source, index): RequestProblem[] => {
    const reason = refusedUrl(deps, source);
    if (reason) return [sourceProblem(source, reason, `${SOURCE_REMEDY}.`)];
    const code: ErrorCode | null = allLooks[index]!.refusal;
    return code ? [sourceProblem(source, `${errors[code].text}.`, errors[code].advice)] : [];
  });
  problems.push(...problemsOf(judgement.refusals, request.sentBody));
  const { preview } = judgement;
  if (preview && !('failure' in preview) && problems.length === 0) {
    return answer(['ffmpeg', ...preview.args], [...warnings, ...preview.warnings], []);
  }
  warnings.push(...judgement.warnings);
  if (problems.length > 0 || !preview || !('failure' in preview)) return answer([], warnings, problems);
  const { code, message } = preview.failure;
  // Of an input that nobody has looked at, the planner can only guess: the job itself may be luckier.
  if (infos.some((info) => info === null)) return answer([], [...warnings, { field: 'inputs', message }], []);
  const position = positionOf('inputs', null);
  return answer([], warnings, [{ position, field: 'inputs', option: '', message, suggestion: failures[code].advice }]);
}

function sourceProblem(source: Source, message: string, suggestion: string): RequestProblem {
  return { position: positionOf(source.field, null), field: source.field, option: '', message, suggestion };
}

function answer(command: string[], warnings: Warning[], problems: RequestProblem[]): ValidateAnswer {
  return { valid: problems.length === 0, command, warnings: warnings.slice(0, 100), errors: problems };
}
