/** Runs the nodes of `integrations/n8n` as n8n 2.x does: with defaults of parameters, binaries, credentials and requests. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { build } from 'esbuild';

const NODES = join(import.meta.dirname, '../../integrations/n8n/nodes');

// biome-ignore lint/suspicious/noExplicitAny: parameters and JSON differ from node to node
type Json = any;

export interface NodeItem {
  json: Json;
  binary?: Record<string, { data: string; mimeType: string; fileName?: string }>;
  pairedItem?: unknown;
  error?: Error;
}

export interface Credential {
  url: string;
  apiKey: string;
}

export interface SentByNode {
  method: string;
  url: string;
  hasKey: boolean;
  status: number;
}

/** Compiles the classes of the package with the subset of `n8n-workflow` in this folder, and returns them. */
export async function loadNodes(): Promise<Record<'Airlock' | 'AirlockTrigger', new () => Json>> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-n8n-'));
  try {
    await build({
      entryPoints: [join(NODES, 'Airlock/Airlock.node.ts'), join(NODES, 'AirlockTrigger/AirlockTrigger.node.ts')],
      entryNames: '[name]',
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      alias: { 'n8n-workflow': join(import.meta.dirname, 'n8n-workflow.ts') },
      outdir: folder,
      tsconfigRaw: '{}',
    });
    const require = createRequire(import.meta.url);
    const load = (name: string) => require(join(folder, `${name}.node.cjs`))[name];
    return { Airlock: load('Airlock'), AirlockTrigger: load('AirlockTrigger') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface NodeRun {
  credential: Credential;
  /** Parameters of every item, or a function that returns the parameters of an item. */
  parameters: Json | ((index: number) => Json);
  items?: NodeItem[];
  continueOnFail?: boolean;
  executionId?: string;
  signal?: AbortSignal;
  /** Receives every request that the node sends. */
  sent?: SentByNode[];
}

/** Runs `execute` of a node and returns its items. */
export async function runNode(node: Json, run: NodeRun): Promise<NodeItem[]> {
  const [items] = await node.execute.call(executeFunctions(node, run));
  return items;
}

function executeFunctions(node: Json, run: NodeRun) {
  const { items = [{ json: {} }], parameters, executionId = randomUUID(), signal } = run;
  const parametersOf = (index: number) => (typeof parameters === 'function' ? parameters(index) : parameters);
  return {
    ...baseFunctions(run),
    getInputData: () => items,
    getExecutionId: () => executionId,
    getExecutionCancelSignal: () => signal,
    continueOnFail: () => run.continueOnFail ?? false,
    getWorkflowDataProxy: () => ({ $runIndex: 0 }),
    getNodeParameter: (name: string, index: number, fallback: unknown) => {
      const given = parametersOf(index);
      const value = given[name] ?? defaultOf(node, name, given) ?? fallback;
      if (value === undefined) throw new Error(`Could not get parameter ${name}`);
      return value;
    },
    helpers: { ...requestHelpers(run), ...binaryHelpers(items) },
  };
}

/** Returns the functions that n8n provides to every function of a node. */
function baseFunctions({ credential }: Pick<NodeRun, 'credential'>) {
  return {
    getNode: () => ({ id: 'node', name: 'Airlock' }),
    getWorkflow: () => ({ id: 'workflow', name: 'Test' }),
    getCredentials: async () => credential,
  };
}

/** Returns the default of a parameter for the chosen resource and operation. */
function defaultOf(node: Json, name: string, given: Json): unknown {
  const isShown = ({ displayOptions }: Json) =>
    Object.entries(displayOptions?.show ?? {}).every(([other, values]) =>
      (values as unknown[]).includes(given[other] ?? defaultOf(node, other, given)),
    );
  return node.description.properties.find((property: Json) => property.name === name && isShown(property))?.default;
}

function requestHelpers({ credential, sent }: Pick<NodeRun, 'credential' | 'sent'>) {
  const httpRequest = async (options: Json) => {
    const url = new URL(options.url);
    for (const [name, value] of Object.entries(options.qs ?? {})) url.searchParams.set(name, String(value));
    const headers = new Headers(options.headers);
    const isBytes = options.body instanceof Readable || Buffer.isBuffer(options.body);
    if (options.body && !isBytes) headers.set('content-type', 'application/json');
    const body = options.body && (isBytes ? options.body : JSON.stringify(options.body));
    const redirect = options.disableFollowRedirect ? 'manual' : 'follow';
    const init = {
      method: options.method ?? 'GET',
      headers,
      body,
      redirect,
      duplex: 'half',
      signal: options.abortSignal,
    };
    const response = await fetch(url, init as RequestInit);
    sent?.push({
      ...{ method: init.method, url: String(url), status: response.status },
      hasKey: headers.has('authorization'),
    });
    if (!response.ok && !options.ignoreHttpStatusErrors) throw new Error(`status ${response.status}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    const read = () => {
      if (options.encoding === 'stream') return Readable.from([bytes]);
      return options.json ? JSON.parse(bytes.toString() || '{}') : bytes.toString();
    };
    return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: read() };
  };
  return {
    httpRequest,
    httpRequestWithAuthentication: (_name: string, options: Json) =>
      httpRequest({ ...options, headers: { ...options.headers, Authorization: `Bearer ${credential.apiKey}` } }),
    returnJsonArray: (json: Json) => [json].flat().map((one) => ({ json: one })),
  };
}

function binaryHelpers(items: readonly NodeItem[]) {
  return {
    assertBinaryData: (index: number, name: string) => {
      const found = items[index]?.binary?.[name];
      if (!found) throw new Error(`there is no binary "${name}"`);
      return found;
    },
    getBinaryDataBuffer: async (index: number, name: string) =>
      Buffer.from(items[index]!.binary![name]!.data, 'base64'),
    prepareBinaryData: async (stream: Readable, fileName: string, mimeType: string) => ({
      ...{ data: (await buffer(stream)).toString('base64'), fileName, mimeType },
    }),
  };
}

/** Opens the trigger with the data that n8n stores for its workflow. */
export function openTrigger(
  node: Json,
  { credential, url, events }: { credential: Credential; url: string; events: string[] },
) {
  const kept: Json = {};
  const functions = {
    ...baseFunctions({ credential }),
    getNodeWebhookUrl: () => url,
    getNodeParameter: () => events,
    getWorkflowStaticData: () => kept,
    helpers: requestHelpers({ credential }),
  };
  const hook = (name: 'checkExists' | 'create' | 'delete') => node.webhookMethods.default[name].call(functions);
  return {
    kept,
    exists: (): Promise<boolean> => hook('checkExists'),
    activate: (): Promise<boolean> => hook('create'),
    deactivate: (): Promise<boolean> => hook('delete'),
    /** Passes a request to the URL of the webhook to the trigger, as n8n does. */
    async receive(headers: Record<string, unknown>, body: Buffer): Promise<{ status: number; items: NodeItem[] }> {
      let status = 200;
      const response = {
        status: (code: number) => {
          status = code;
          return { json: () => {} };
        },
      };
      const answer = await node.webhook.call({
        ...functions,
        getHeaderData: () => headers,
        getRequestObject: () => ({ rawBody: body }),
        getResponseObject: () => response,
      });
      return { status, items: answer.workflowData?.[0] ?? [] };
    },
  };
}
