import type { FastifyRequest } from 'fastify';
import { type CommandBody, type CommandJob, commandBody } from '../contract/commands.ts';
import { ApiError } from '../contract/errors.ts';
import type { TranscodeRequest } from '../contract/transcode-request.ts';
import { type CreateBody, createBody, toTranscodeRequest } from '../contract/transcodes.ts';
import { hideQueries } from '../domain/transcodes/hide-queries.ts';
import { type CommandError, type OptionPlace, type Refusal, readCommand } from '../media/index.ts';
import { accept } from './create-transcode.ts';
import type { ApiDeps } from './deps.ts';
import { judgeRequest } from './judge-request.ts';
import { callerOf } from './plugins/auth.ts';
import { checkSources, inputSources, refuse } from './request-policy.ts';
import { unknownFields } from './warnings.ts';

/** What a command string means, made like any other job: the same policy, the same limits, the same answer. */
export async function createCommand(
  deps: ApiDeps,
  request: FastifyRequest & { body: CommandBody },
): Promise<CommandJob> {
  const { body } = request;
  const { ffmpeg_command, input_files, output_files } = body;
  const read = readCommand({ ffmpeg_command, input_files, output_files });
  if (!read.ok) refuse('command_refused', read.errors.map(problemOf));

  const { places, output } = read;
  const place = (field: string, offset: number | null) => placeOf(body, read.request, places, field, offset);
  const { judgement } = await judgeRequest(deps, callerOf(request).account, read.request);
  refuseInCommand(judgement.refusals, place);
  const whole = wholeRequest(read.request, body);
  try {
    checkSources(deps, inputSources(toTranscodeRequest(whole)));
    const job = await accept(deps, request, {
      body: whole,
      judgement,
      route: 'commands',
      outputName: output.file,
      warnings: unknownFields(commandBody, request.sentBody),
    });
    return { ...job, command_id: job.id };
  } catch (error) {
    throw inTermsOfTheCommand(error, place);
  }
}

/** Throws 422 with the refusals of the request that the command became. */
function refuseInCommand(refusals: readonly Refusal[], place: PlaceOf): void {
  if (refusals.length === 0) return;
  refuse(
    'option_refused',
    refusals.map(({ field, offset, option, reason, suggestion }) => ({
      ...place(field, offset ?? null),
      option,
      message: reason,
      suggestion,
    })),
  );
}

/** The body of a create that means the same. A command may hold more or longer options than one of its own could. */
function wholeRequest(request: TranscodeRequest, body: CommandBody): CreateBody {
  const whole = createBody.safeParse({
    ...request,
    ...(body.metadata && { metadata: body.metadata }),
    ...(body.retention_seconds && { retention_seconds: body.retention_seconds }),
    ...(body.disarm && { disarm: true }),
    ...(body.limits && { limits: body.limits }),
  });
  if (whole.success) return whole.data;
  const reason = whole.error.issues[0]?.message ?? 'is not valid';
  throw new ApiError('invalid_request', { field: 'ffmpeg_command', reason, remedy: 'Send a shorter command' });
}

function problemOf({ position, offset, message, suggestion }: CommandError) {
  const field = position.slice(1).split('/').join('.').replaceAll('~1', '/').replaceAll('~0', '~');
  return { position: { pointer: position, offset }, field, option: '', message, suggestion };
}

type Place = { position: { pointer: string; offset: number | null }; field: string };
type PlaceOf = (field: string, offset: number | null) => Place;

/** Where a field of the request that the command became stands in what the caller sent. */
function placeOf(
  body: CommandBody,
  request: TranscodeRequest,
  places: Readonly<Record<string, OptionPlace>>,
  field: string,
  offset: number | null,
): Place {
  const input = /^inputs\[(\d+)\]\.url$/.exec(field);
  const url = input && request.inputs[Number(input[1])]?.url;
  const name = url && Object.keys(body.input_files).find((key) => body.input_files[key] === url);
  if (name) {
    const pointer = `/input_files/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return { position: { pointer, offset: null }, field: `input_files.${name}` };
  }
  const option = Object.hasOwn(places, field) ? places[field]! : null;
  const start = (offset === null ? null : option?.argument[offset]) ?? option?.option ?? null;
  return { position: { pointer: '/ffmpeg_command', offset: start }, field: 'ffmpeg_command' };
}

/** An error of a create names fields of a create; here those that the caller sent. */
function inTermsOfTheCommand(error: unknown, place: PlaceOf): unknown {
  const details = error instanceof ApiError ? error.details : null;
  if (!(error instanceof ApiError) || details === null || typeof details !== 'object') return error;
  const field = details.field;
  if (typeof field !== 'string' || !/^(?:inputs|options|filters)\[/.test(field)) return error;
  return new ApiError(error.code, hideQueries({ ...details, ...place(field, null) }));
}
