import type { FastifyRequest } from 'fastify';
import type { Warning } from '../contract/common.ts';
import { type ErrorCode, errors } from '../contract/errors.ts';
import { failures, JobFailure } from '../contract/failures.ts';
import { idleInAccount } from '../contract/limit-advice.ts';
import { type CreateBody, createBody, toTranscodeRequest } from '../contract/transcodes.ts';
import type { RequestProblem, ValidateAnswer } from '../contract/validate.ts';
import { lookAtSources } from '../domain/transcodes/look-sources.ts';
import { type MediaInfo, parseRequest, previewCommand } from '../media/index.ts';
import type { ApiDeps } from './deps.ts';
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
 * Judges a request as a create would, without making anything: one parse, at most two queries, no look at any file.
 * What is known of confirmed uploads is used; the planner assumes the rest.
 */
export async function validateTranscode(
  deps: ApiDeps,
  request: FastifyRequest & { body: CreateBody },
): Promise<ValidateAnswer> {
  const { account } = callerOf(request);
  const media = toTranscodeRequest(request.body);
  const warnings = [
    ...unknownFields(createBody, request.sentBody),
    ...idleInAccount(request.body.limits ?? {}, account),
  ];
  const parsed = parseRequest(media);
  const inputs = inputSources(media);
  const sources: Source[] = [...inputs, ...requestedAssets(parsed)];
  const looks = await lookAtSources(
    deps.context,
    deps.context.db,
    account,
    sources.map((source) => source.url),
  );
  const problems = sources.flatMap((source, index): RequestProblem[] => {
    const reason = refusedUrl(deps, source);
    if (reason) return [sourceProblem(source, reason, `${SOURCE_REMEDY}.`)];
    const code: ErrorCode | null = looks[index]!.refusal;
    return code ? [sourceProblem(source, `${errors[code].text}.`, errors[code].advice)] : [];
  });
  problems.push(...problemsOf(parsed.refusals, request.sentBody));
  if (problems.length > 0) return answer([], [...warnings, ...parsed.warnings], problems);

  const infos = inputs.map((_, index) => (looks[index]!.inspection?.info as MediaInfo | undefined) ?? null);
  try {
    const preview = previewCommand(media, infos);
    return answer(['ffmpeg', ...preview.args], [...warnings, ...preview.warnings], []);
  } catch (error) {
    if (!(error instanceof JobFailure)) throw error;
    // Of an input that nobody has looked at, the planner can only guess: the job itself may be luckier.
    if (infos.some((info) => info === null)) {
      return answer([], [...warnings, ...parsed.warnings, { field: 'inputs', message: error.message }], []);
    }
    return answer(
      [],
      [...warnings, ...parsed.warnings],
      [
        {
          position: positionOf('inputs', null),
          field: 'inputs',
          option: '',
          message: error.message,
          suggestion: failures[error.code].advice,
        },
      ],
    );
  }
}

function sourceProblem(source: Source, message: string, suggestion: string): RequestProblem {
  return { position: positionOf(source.field, null), field: source.field, option: '', message, suggestion };
}

function answer(command: string[], warnings: Warning[], problems: RequestProblem[]): ValidateAnswer {
  return { valid: problems.length === 0, command, warnings: warnings.slice(0, 100), errors: problems };
}
