import type { Warning } from '../../contract/common.ts';
import type { ApiError } from '../../contract/errors.ts';
import { failures } from '../../contract/failures.ts';
import type { RequestProblem, ValidateAnswer } from '../../contract/validate.ts';
import type { AdmissionServices, Caller } from '../kind.ts';
import { locateInRequest, positionOf, rejectedUrl, sourceProblem } from '../problems.ts';
import { checkJob } from '../submit.ts';
import { findNamed, type TranscodeAdmission, type TranscodeSubmission } from './admit.ts';
import { transcode } from './index.ts';
import { findUsedTemplate } from './use-template.ts';

/**
 * Returns the errors and warnings of a create and the commands that would run, without creating a job. The planner assumes defaults for
 * unknown properties of inputs.
 */
export async function validateTranscode(
  services: AdmissionServices,
  caller: Caller,
  submission: TranscodeSubmission,
): Promise<ValidateAnswer> {
  const missing = await missingTemplate(services, caller, submission);
  if (missing) return respond([], [...submission.warnings], [missing]);
  const admission = (await checkJob(services, transcode, caller, submission)) as TranscodeAdmission;
  const { review, infos } = admission;
  const { preview } = review;
  const problems = [
    ...sourceProblems(services, admission, await findNamed(services, caller, admission.assets)),
    ...admission.rejections,
    ...admission.placeProblems.map(placeProblem),
  ];
  const warnings = [...admission.warnings];
  if (preview && !('failure' in preview) && problems.length === 0) {
    const commands = preview.commands.map((args) => ['ffmpeg', ...args]);
    return respond(commands, [...warnings, ...onlyNew(preview.warnings, warnings)], []);
  }
  if (problems.length > 0 || !preview || !('failure' in preview)) return respond([], warnings, problems);
  const { code, message } = preview.failure;
  // The planner can only guess about an input that has not been probed, so the job itself may succeed.
  if (infos.some((info) => info === null)) return respond([], [...warnings, { field: 'inputs', message }], []);
  const position = positionOf('inputs', null);
  return respond([], warnings, [{ position, field: 'inputs', option: '', message, suggestion: failures[code].advice }]);
}

/** Returns the problem of a request whose template does not exist; null if there is no problem. */
async function missingTemplate(
  services: AdmissionServices,
  caller: Caller,
  { body }: TranscodeSubmission,
): Promise<RequestProblem | null> {
  const found = await findUsedTemplate(services, caller, body);
  if (found === null || 'request' in found) return null;
  const message = `${capitalize(found.reason)}.`;
  return {
    position: positionOf('template', null),
    field: 'template',
    option: '',
    message,
    suggestion: `${found.remedy}.`,
  };
}

/** Returns the problem of a connection or destination that a create would reject. */
function placeProblem({ details }: ApiError): RequestProblem {
  const { field, reason, remedy } = details as { field: string; reason: string; remedy: string };
  return {
    position: positionOf(field, null),
    field,
    option: '',
    message: `${field} ${reason}.`,
    suggestion: `${remedy}.`,
  };
}

function capitalize(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}

function sourceProblems(
  { checkSourceUrl }: AdmissionServices,
  admission: TranscodeAdmission,
  foundAssets: TranscodeAdmission['foundInputs'],
): RequestProblem[] {
  const all = [...admission.foundInputs, ...foundAssets];
  return [...admission.inputs, ...admission.assets].flatMap((source, index) => {
    const reason = rejectedUrl(checkSourceUrl, source);
    if (reason) return [sourceProblem(source, { reason }, locateInRequest)];
    const found = all[index]!;
    if (source.upload) return [];
    return 'code' in found ? [sourceProblem(source, { code: found.code }, locateInRequest)] : [];
  });
}

/** Omits known warnings, because the preview repeats warnings from reading the request. */
function onlyNew(warnings: readonly Warning[], known: readonly Warning[]): Warning[] {
  const seen = new Set(known.map(({ field, message }) => `${field}\n${message}`));
  return warnings.filter(({ field, message }) => !seen.has(`${field}\n${message}`));
}

function respond(commands: string[][], warnings: Warning[], problems: RequestProblem[]): ValidateAnswer {
  return {
    valid: problems.length === 0,
    command: commands[0] ?? [],
    commands,
    warnings: warnings.slice(0, 100),
    errors: problems,
  };
}
