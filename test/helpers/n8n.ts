/** Runs an n8n workflow of HTTP Request, Set and IF nodes, as n8n 1.x would send it. Throws on what it does not know. */

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
  /** Takes the place of what the node `Settings` assigns. */
  settings: Record<string, string>;
  /** The generic credential `Header Auth`. */
  credential: { name: string; value: string };
}

type Json = Record<string, unknown>;

/** What n8n's HTTP Request node accepts when nobody says otherwise. */
const ACCEPT =
  'application/json,text/html,application/xhtml+xml,application/xml,text/*;q=0.9, image/*;q=0.8, */*;q=0.7';
const KNOWN_PARAMETERS = new Set([
  ...['method', 'url', 'authentication', 'genericAuthType', 'sendHeaders', 'headerParameters'],
  ...['sendBody', 'specifyBody', 'jsonBody', 'options'],
]);

export async function runWorkflow(
  workflow: Workflow,
  options: Options,
): Promise<{ requests: SentRequest[]; file: Buffer }> {
  const items = new Map<string, Json>();
  const requests: SentRequest[] = [];
  let file = Buffer.alloc(0);
  let json: Json = {};
  let name: string | undefined = workflow.nodes.find(({ type }) => type.endsWith('.manualTrigger'))?.name;
  while (name) {
    const node: Node | undefined = workflow.nodes.find((one) => one.name === name);
    if (!node) throw new Error(`no node is called ${name}`);
    const say = (text: string) => evaluate(text, json, items);
    let exit = 0;
    switch (node.type) {
      case 'n8n-nodes-base.manualTrigger':
        break;
      case 'n8n-nodes-base.set':
        json = { ...assigned(node), ...options.settings };
        break;
      case 'n8n-nodes-base.if':
        exit = node.parameters.conditions.conditions.every((one: Json) => say(String(one.leftValue)) === true) ? 0 : 1;
        break;
      case 'n8n-nodes-base.httpRequest': {
        const answer = await send(node, say, options.credential);
        requests.push({ node: name, method: answer.method, url: answer.url, status: answer.status });
        if (answer.status >= 400) throw new Error(`${name}: ${answer.status} ${answer.body}`);
        if (node.parameters.options.response?.response.responseFormat === 'file') file = answer.body;
        else json = JSON.parse(answer.body.toString('utf8')) as Json;
        break;
      }
      default:
        throw new Error(`${node.type} is not known`);
    }
    items.set(name, json);
    name = workflow.connections[name]?.main[exit]?.[0]?.node;
  }
  return { requests, file };
}

function assigned({ parameters }: Node): Json {
  const rows: { name: string; value: string }[] = parameters.assignments.assignments;
  return Object.fromEntries(rows.map((row) => [row.name, row.value]));
}

async function send({ parameters }: Node, say: (text: string) => unknown, credential: Options['credential']) {
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

/** n8n's expressions: text that begins with `=`, with JavaScript between double braces. */
function evaluate(text: string, json: Json, items: Map<string, Json>): unknown {
  if (!text.startsWith('=')) return text;
  const lookUp = (name: string) => ({ item: { json: items.get(name) } });
  const run = (code: string) =>
    new Function('$json', '$', '$execution', `return (${code});`)(json, lookUp, { id: '1234' }) as unknown;
  const whole = /^=\{\{((?:(?!\}\}).)*)\}\}$/s.exec(text);
  if (whole) return run(whole[1]!);
  return text.slice(1).replaceAll(/\{\{(.*?)\}\}/gs, (_all, code: string) => String(run(code)));
}
