import type { FastifyRequest } from 'fastify';
import { type CommandBody, type CommandJob, commandBody } from '../contract/commands.ts';
import { ApiError } from '../contract/errors.ts';
import { describeIssue } from '../contract/faults/describe-issue.ts';
import { hideQueries } from '../contract/hide-queries.ts';
import type { TranscodeRequest } from '../contract/transcode-request.ts';
import { type CreateBody, createBody } from '../contract/transcodes.ts';
import { type CommandError, type OptionPosition, readCommand } from '../ffmpeg/index.ts';
import { type Locate, type RequestPosition, rejectionError } from '../kinds/problems.ts';
import type { TranscodeSubmission } from '../kinds/transcode/admit.ts';
import { transcode } from '../kinds/transcode/index.ts';
import { createJob } from './create-job.ts';
import type { ApiDeps } from './deps.ts';
import { unknownFields } from './warnings.ts';

/** `POST /v1/commands`: translates a command string, and submits it like any other transcode. */
export async function createCommand(
  deps: ApiDeps,
  request: FastifyRequest & { body: CommandBody },
): Promise<CommandJob> {
  const { body } = request;
  const { ffmpeg_command, input_files, output_files } = body;
  const read = readCommand({ ffmpeg_command, input_files, output_files });
  if (!read.ok) throw rejectionError('command_refused', read.errors.map(problemOf));

  const { positions, output } = read;
  const locate: Locate = (field, offset) => locateInCommand({ body, request: read.request, positions }, field, offset);
  try {
    const submission: TranscodeSubmission = {
      body: equivalentRequest(read.request, body),
      sent: request.sentBody,
      warnings: unknownFields(commandBody, request.sentBody),
      outputName: output.file,
      locate,
    };
    const job = await createJob(deps, request, transcode, submission, 'commands');
    return { ...job, command_id: job.id };
  } catch (error) {
    throw inTermsOfTheCommand(error, locate);
  }
}

/**
 * Returns the equivalent body of a create. Throws `invalid_request` if the command contains more or longer options than the schema of a
 * create allows.
 */
function equivalentRequest(request: TranscodeRequest, body: CommandBody): CreateBody {
  const parsed = createBody.safeParse({
    ...request,
    ...(body.metadata && { metadata: body.metadata }),
    ...(body.retention_seconds && { retention_seconds: body.retention_seconds }),
    ...(body.disarm && { disarm: true }),
    ...(body.limits && { limits: body.limits }),
    ...(body.webhook_url && { webhook_url: body.webhook_url }),
    ...(body.priority !== undefined && { priority: body.priority }),
  });
  if (parsed.success) return parsed.data;
  const fault = describeIssue(parsed.error.issues[0]!, { name: 'body', value: request, schema: createBody });
  const reason = `as a request, ${fault.field} ${fault.reason}`;
  throw new ApiError('invalid_request', { field: 'ffmpeg_command', reason, remedy: 'Send a shorter command' });
}

function problemOf({ position, offset, message, suggestion }: CommandError) {
  const field = position.slice(1).split('/').join('.').replaceAll('~1', '/').replaceAll('~0', '~');
  return { position: { pointer: position, offset }, field, option: '', message, suggestion };
}

/** A command that has been parsed. */
interface ReadBody {
  body: CommandBody;
  request: TranscodeRequest;
  /** Positions of the options in the command, by their field in the request. */
  positions: Readonly<Record<string, OptionPosition>>;
}

/** Maps a field of the resulting request to its position in the client's body. */
function locateInCommand(
  { body, request, positions }: ReadBody,
  field: string,
  offset: number | null,
): RequestPosition {
  const input = /^inputs\[(\d+)\]\.url$/.exec(field);
  const url = input && request.inputs[Number(input[1])]?.url;
  const name = url && Object.keys(body.input_files).find((key) => body.input_files[key] === url);
  if (name) {
    const pointer = `/input_files/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return { position: { pointer, offset: null }, field: `input_files.${name}` };
  }
  const option = Object.hasOwn(positions, field) ? positions[field]! : null;
  const start = (offset === null ? null : option?.argument[offset]) ?? option?.option ?? null;
  return { position: { pointer: '/ffmpeg_command', offset: start }, field: 'ffmpeg_command' };
}

/** Replaces the fields of a create in an error by the corresponding fields that the client sent. */
function inTermsOfTheCommand(error: unknown, locate: Locate): unknown {
  const details = error instanceof ApiError ? error.details : null;
  if (!(error instanceof ApiError) || details === null || typeof details !== 'object') return error;
  const field = details.field;
  if (typeof field !== 'string' || !/^(?:inputs|options|filters)\[/.test(field)) return error;
  return new ApiError(error.code, hideQueries({ ...details, ...locate(field, null) }));
}
