/**
 * Runs an n8n workflow of HTTP Request, Set, IF and Stop nodes with any number of items, as n8n 1.x and 2.x would. Throws if the workflow
 * contains anything unknown.
 */
import { randomUUID } from 'node:crypto';

interface Node {
  name: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: parameters differ from node to node
  parameters: any;
}

export interface Workflow {
  nodes: Node[];
  connections: Record<string, { main: { node: string }[][] }>;
}

export interface SentRequest {
  node: string;
  method: string;
  url: string;
  status: number;
}

interface Options {
  /** Values for each item, which replace the values that the node `Settings` assigns. */
  settings: readonly Record<string, string>[];
  /** The generic credential of the type `Header Auth`. */
  credential: { name: string; value: string };
}

type Json = Record<string, unknown>;

/** An item, and its values at each node that it has passed. */
interface Item {
  json: Json;
  past: ReadonlyMap<string, Json>;
}

/** The values that an expression can read. */
interface Scope extends Item {
  itemIndex: number;
  runIndex: number;
  executionId: string;
  /** First item at each node. */
  first: ReadonlyMap<string, Json>;
}

/** Value of the Accept header that n8n's HTTP Request node sends by default. */
const ACCEPT =
  'application/json,text/html,application/xhtml+xml,application/xml,text/*;q=0.9, image/*;q=0.8, */*;q=0.7';
const KNOWN_PARAMETERS = new Set([
  ...['method', 'url', 'authentication', 'genericAuthType', 'sendHeaders', 'headerParameters'],
  ...['sendBody', 'specifyBody', 'jsonBody', 'options'],
]);

export async function runWorkflow(
  workflow: Workflow,
  options: Options,
): Promise<{ requests: SentRequest[]; files: Buffer[]; results: Json[] }> {
  const executionId = randomUUID();
  const requests: SentRequest[] = [];
  const files: Buffer[] = [];
  /** Items of the nodes that lead to no other node. */
  const results: Json[] = [];
  const runs = new Map<string, number>();
  const first = new Map<string, Json>();
  const start = workflow.nodes.find(({ type }) => type.endsWith('.manualTrigger'))!.name;
  const queue: { name: string; items: Item[] }[] = [{ name: start, items: [{ json: {}, past: new Map() }] }];
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { name } = next;
    const node = workflow.nodes.find((one) => one.name === name);
    if (!node) throw new Error(`no node is called ${name}`);
    const runIndex = runs.get(name) ?? 0;
    runs.set(name, runIndex + 1);
    const items = node.type === 'n8n-nodes-base.set' ? options.settings.map(() => next.items[0]!) : next.items;
    const exits: Item[][] = [[], []];
    for (const [itemIndex, item] of items.entries()) {
      const say = (text: string) => evaluate(text, { ...item, itemIndex, runIndex, executionId, first });
      let { json } = item;
      let exit = 0;
      switch (node.type) {
        case 'n8n-nodes-base.manualTrigger':
          break;
        case 'n8n-nodes-base.set':
          json = { ...assigned(node), ...options.settings[itemIndex] };
          break;
        case 'n8n-nodes-base.if':
          exit = node.parameters.conditions.conditions.every((one: Json) => say(String(one.leftValue)) === true)
            ? 0
            : 1;
          break;
        case 'n8n-nodes-base.stopAndError':
          throw new Error(String(say(node.parameters.errorMessage)));
        case 'n8n-nodes-base.httpRequest': {
          const response = await send(node, say, options.credential);
          requests.push({ node: name, method: response.method, url: response.url, status: response.status });
          json = jsonOf(node, response, files);
          break;
        }
        default:
          throw new Error(`${node.type} is not known`);
      }
      if (!first.has(name)) first.set(name, json);
      exits[exit]!.push({ json, past: new Map([...item.past, [name, json]]) });
    }
    for (const [index, passed] of exits.entries()) {
      const to = workflow.connections[name]?.main[index]?.[0]?.node;
      if (to && passed.length > 0) queue.push({ name: to, items: passed });
      if (!to) results.push(...passed.map((item) => item.json));
    }
  }
  return { requests, files, results };
}

function assigned({ parameters }: Node): Json {
  const rows: { name: string; value: string }[] = parameters.assignments.assignments;
  return Object.fromEntries(rows.map((row) => [row.name, row.value]));
}

interface Response {
  method: string;
  url: string;
  status: number;
  body: Buffer;
}

/** Returns the item that the node passes on. For a failed response, n8n shows `error` instead of `message`. */
function jsonOf({ name, parameters }: Node, { status, body }: Response, files: Buffer[]): Json {
  const { responseFormat, fullResponse, neverError } = parameters.options.response?.response ?? {};
  const text = body.toString('utf8');
  if (status >= 400 && !neverError) throw new Error(`${name}: ${status} ${(JSON.parse(text) as Json).error}`);
  if (responseFormat === 'file') {
    files.push(body);
    return {};
  }
  const json = JSON.parse(text) as Json;
  return fullResponse ? { body: json, statusCode: status } : json;
}

async function send(
  { parameters }: Node,
  say: (text: string) => unknown,
  credential: Options['credential'],
): Promise<Response> {
  const unknown = Object.keys(parameters).filter((key) => !KNOWN_PARAMETERS.has(key));
  if (unknown.length > 0) throw new Error(`parameters ${unknown.join(', ')} are not known`);
  const headers = new Headers({ accept: ACCEPT, 'user-agent': 'n8n' });
  if (parameters.genericAuthType === 'httpHeaderAuth') headers.set(credential.name, credential.value);
  for (const header of parameters.headerParameters?.parameters ?? [])
    headers.set(header.name, String(say(header.value)));
  if (parameters.sendBody) headers.set('content-type', 'application/json');
  const method: string = parameters.method ?? 'GET';
  const url = String(say(parameters.url));
  const body = parameters.sendBody ? String(say(parameters.jsonBody)) : null;
  const response = await fetch(url, { method, headers, body });
  return { method, url, status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

/** Evaluates an n8n expression: a text that begins with `=`, with JavaScript between double braces. */
function evaluate(text: string, { json, past, first, itemIndex, runIndex, executionId }: Scope): unknown {
  if (!text.startsWith('=')) return text;
  const lookUp = (name: string) => ({ item: { json: past.get(name) }, first: () => ({ json: first.get(name) }) });
  const names = ['$json', '$', '$execution', '$itemIndex', '$runIndex'];
  const run = (code: string) =>
    new Function(...names, `return (${code});`)(json, lookUp, { id: executionId }, itemIndex, runIndex) as unknown;
  const complete = /^=\{\{((?:(?!\}\}).)*)\}\}$/s.exec(text);
  if (complete) return run(complete[1]!);
  return text.slice(1).replaceAll(/\{\{(.*?)\}\}/gs, (_all, code: string) => String(run(code)));
}
