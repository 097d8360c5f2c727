import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  CancelledNotificationSchema,
  ListToolsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Calls } from './calls.ts';
import { inputSchema } from './input-schema.ts';
import { sharedSchema, shortSchema } from './short-schema.ts';
import type { ApiCall, Tool, ToolContext, ToolResult } from './tool.ts';
import { BLUEPRINT_TOOLS } from './tools/blueprints.ts';
import { CONNECTION_TOOLS } from './tools/connections.ts';
import { describeTool } from './tools/describe.ts';
import { type ToolKind, toolsOfKinds } from './tools/kinds.ts';
import { MEDIA_TOOLS } from './tools/media.ts';
import { TEMPLATE_TOOLS } from './tools/templates.ts';
import { TRANSCODE_TOOLS } from './tools/transcodes.ts';

/** Tools that do not depend on the kinds of jobs. */
const COMMON: readonly Tool[] = [
  ...TRANSCODE_TOOLS,
  ...TEMPLATE_TOOLS,
  ...CONNECTION_TOOLS,
  ...MEDIA_TOOLS,
  ...BLUEPRINT_TOOLS,
];

/** The tools of one process, with their entries in lists. */
export interface Toolbox {
  tools: readonly Tool[];
  listed: readonly ListedTool[];
}

type ListedTool = ReturnType<typeof listedTool>;

/** Creates the tools of these kinds of jobs, and the tools that do not depend on kinds. */
export function createToolbox(kinds: readonly ToolKind[]): Toolbox {
  const described = [...toolsOfKinds(kinds), ...COMMON];
  const tools = [...described, describeTool(described)];
  return { tools, listed: tools.filter(({ isHidden }) => !isHidden).map((tool) => listedTool(tool, tools)) };
}

function listedTool({ name, title, description, input, annotations, sharesArgumentsOf }: Tool, tools: readonly Tool[]) {
  const other = tools.find((tool) => tool.name === sharesArgumentsOf && !tool.isHidden);
  const complete = inputSchema(input);
  const schema = other ? sharedSchema(complete, inputSchema(other.input)) : shortSchema(complete);
  return { name, title, description, inputSchema: schema, annotations };
}

const INSTRUCTIONS =
  'Airlock transcodes video, sound and pictures with FFmpeg. Use transcode_and_wait for one result. To transcode a local file, pass an input with `upload` instead of `url`, then PUT the bytes as inputs[].upload in the result describes. For other tools, call request_upload_url, PUT the bytes, call confirm_upload, and pass its fileUrl. For common outputs, pass a `template`, such as airlock/web or airlock/podcast; `describe` lists them. The schemas of the tools are short: `describe` returns the complete schema of a tool or an argument. Check unusual options with validate first. Links work for ten minutes; outputs are deleted after a while, see expires_at.';

/** Replaces the validator of forms. No tool uses forms, and without this replacement, the SDK would compile a validator for each server. */
const NO_FORMS = {
  getValidator: () => {
    throw new Error('this server has no forms');
  },
};

export interface McpOptions {
  toolbox: Toolbox;
  call: ApiCall;
  version: string;
  calls: Calls;
}

/** Creates a server of the Model Context Protocol. Its tools send requests to the API. The caller connects the server to a transport. */
export function createMcpServer({ toolbox, call, version, calls }: McpOptions): Server {
  const server = new Server(
    { name: 'airlock', title: 'Airlock', version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS, jsonSchemaValidator: NO_FORMS },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...toolbox.listed] }));
  server.setNotificationHandler(CancelledNotificationSchema, async ({ params: { requestId } }) => {
    if (requestId !== undefined) calls.cancel(requestId);
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal: open, requestId, ...extra }) => {
    const { sendNotification, _meta } = extra;
    const tool = toolbox.tools.find(({ name }) => name === params.name);
    if (!tool) return answerOf({ value: { error: `There is no tool ${params.name.slice(0, 64)}` }, isError: true });
    const token = _meta?.progressToken;
    const report: ToolContext['report'] = (progress, message) =>
      sendNotification({
        method: 'notifications/progress',
        params: { progressToken: token!, progress, total: 1, message },
      });
    const { canceled, end } = calls.begin(requestId);
    const signal = AbortSignal.any([open, canceled]);
    const context = { call, signal, canceled, report: token === undefined ? null : report };
    return answerOf(
      await tool
        .run(params.arguments ?? {}, context)
        .catch(unreachable)
        .finally(end),
    );
  });
  return server;
}

/** Returns the value of a result as JSON text for models, and also as an object for programs if it is an object. */
function answerOf({ value, isError }: ToolResult) {
  const structuredContent =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  return {
    content: [{ type: 'text' as const, text: JSON.stringify(value, null, 2) }],
    ...(structuredContent && { structuredContent }),
    isError,
  };
}

/**
 * Returns the result for a call that received no response. Omits the message of the error, which may contain an internal network address.
 */
function unreachable(): ToolResult {
  return { value: { error: 'The API does not respond', code: 'unreachable' }, isError: true };
}
