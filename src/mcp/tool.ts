import type * as z from 'zod';
import { toErrorBody } from '../contract/error-body.ts';
import { ApiError } from '../contract/errors.ts';
import { describeIssue } from '../contract/faults/describe-issue.ts';

/** Sends a request to the API of this server. Rejects only if no response arrives. */
export type ApiCall = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) => Promise<ApiAnswer>;

export interface ApiAnswer {
  status: number;
  /** The parsed body; null if it is not JSON. */
  json: unknown;
}

export interface ToolContext {
  call: ApiCall;
  /** Aborts when the client cancels the call or disconnects. */
  signal: AbortSignal;
  /** Aborts when the client cancels the call. A client that has only disconnected may read its job later. */
  canceled: AbortSignal;
  /** Reports progress from 0 to 1. Null if the client has not requested progress. */
  report: ((progress: number, message: string) => Promise<void>) | null;
}

export interface ToolResult {
  value: unknown;
  isError: boolean;
}

export interface Tool {
  name: string;
  title: string;
  description: string;
  /** Schema that describes the arguments to clients. */
  input: z.ZodObject;
  annotations: { readOnlyHint: boolean; destructiveHint: boolean; idempotentHint: boolean; openWorldHint: boolean };
  /** Whether the list of tools omits the tool. Clients can still call the tool by its name. */
  isHidden?: boolean;
  /** Name of a listed tool that already describes the arguments that both tools have. */
  sharesArgumentsOf?: string;
  run(args: unknown, context: ToolContext): Promise<ToolResult>;
}

/** Annotations of a tool that changes nothing. */
export const READS = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const;
/** Annotations of a tool that adds something, such as a job, which may read URLs of other servers. */
export const CREATES = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: true,
} as const;

/** Annotations of a tool that ends or deletes something. */
export const DESTROYS = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: false,
} as const;

/** Defines a tool with its own arguments, which are checked before `run`. */
export function defineTool<Input extends z.ZodObject>(
  tool: Omit<Tool, 'input' | 'run'> & {
    input: Input;
    run(args: z.infer<Input>, context: ToolContext): Promise<ToolResult>;
  },
): Tool {
  return {
    ...tool,
    async run(args, context) {
      const parsed = tool.input.safeParse(args);
      return parsed.success ? tool.run(parsed.data, context) : rejectArguments(parsed.error, args, tool.input);
    },
  };
}

/** Defines a tool whose arguments are the body of a request. The API checks the arguments, so that the errors contain a remedy. */
export function defineBodyTool(tool: Omit<Tool, 'run'> & { path: string }): Tool {
  return { ...tool, run: async (args, { call }) => resultOf(await call('POST', tool.path, args)) };
}

/** Turns a response of the API into a result. An error keeps its code, reason and remedy. */
export function resultOf({ status, json }: ApiAnswer): ToolResult {
  if (status < 300) return { value: json, isError: false };
  const body = typeof json === 'object' && json !== null ? json : { error: 'unexpected_answer' };
  return { value: { status, ...body }, isError: true };
}

/** Returns the error for arguments that their schema rejects, in the form of an error of the API. */
export function rejectArguments(error: z.ZodError, args: unknown, schema: z.ZodType): ToolResult {
  const details = describeIssue(error.issues[0]!, { name: 'arguments', value: args, schema });
  const { code, message } = toErrorBody(new ApiError('invalid_request', { ...details }));
  const { field, reason } = details;
  return { value: { error: 'Invalid arguments', code, message, field, reason, details }, isError: true };
}

/** Encodes text from a client as one segment of a path. */
export function pathPart(text: string): string {
  const part = encodeURIComponent(text);
  // Escape the dots of these two segments, because a URL parser would resolve them.
  return part === '.' || part === '..' ? part.replaceAll('.', '%2E') : part;
}
