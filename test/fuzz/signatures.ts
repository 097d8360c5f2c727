import { connect } from 'node:net';
import { type EmbeddedGateway, startEmbeddedGateway } from '../conformance/embedded-gateway.ts';
import { presigned, signedHeaders } from '../conformance/raw-client.ts';
import { altered as alter, type SignedRequest as Signed, split } from './alter-request.ts';
import { type Campaign, count, type Fuzzer } from './campaign.ts';

const KEY = 'accounts/a/clip.mp4';
const SECRET = 'the bytes that no one may have';
const RESPONSE_MS = 5000;
const SHORT_MS = 200;

/** Fuzzes altered requests. The gateway accepts the original requests, and must reject a request that means something else. */
export const SIGNATURES: Campaign = { cases: 30_000, open };

async function open(): Promise<Fuzzer> {
  const gateway = await startEmbeddedGateway();
  const { port } = gateway;
  const tally: Record<string, number> = {};
  const originals = await signedRequests(gateway);
  for (const original of originals) {
    const { status } = await send(port, original);
    if (status !== 200)
      throw new Error(`${original.method} ${original.target.split('?')[0]} returns ${status} as signed`);
  }

  return {
    tally,
    async one(random) {
      const original = random.pick(originals);
      const altered = alter(random, original);
      if (meaning(altered, original) === meaning(original, original)) {
        count(tally, 'same');
        return [];
      }
      const { status, text } = await send(port, altered);
      count(tally, String(status));
      return faultsOf(altered, status, text);
    },
    async atEnd() {
      const faults: string[] = [];
      for (const original of originals) {
        const { status } = await send(port, original);
        if (status !== 200) faults.push(`a good ${original.method} returns ${status} afterwards`);
      }
      const left = await gateway.tempFiles();
      if (left.length > 0) faults.push(`${left.length} temp files are left`);
      const errors = gateway.logged.filter(({ fields }) => fields.status === 500);
      if (errors.length > 0) faults.push(`the log has ${errors.length} errors`);
      return faults;
    },
    close: () => gateway.close(),
  };
}

/** Returns requests that the gateway accepts: links and signed headers, for one object and for a list. */
async function signedRequests({ endpoint, port }: EmbeddedGateway): Promise<Signed[]> {
  const putHeaders = { 'content-type': 'video/mp4', 'content-length': String(SECRET.length) };
  const put = await presigned('PUT', endpoint, KEY, putHeaders);
  const from = (url: string, method: string, headers: Record<string, string> = {}, body = ''): Signed => ({
    method,
    target: url.slice(endpoint.length),
    headers: { host: `127.0.0.1:${port}`, ...headers },
    body,
  });
  const listUrl = `${endpoint}/airlock-test/?list-type=2&prefix=accounts%2F`;
  const objectUrl = `${endpoint}/airlock-test/${KEY}`;
  return [
    from(put, 'PUT', putHeaders, SECRET),
    from(await presigned('GET', endpoint, `${KEY}?response-content-type=video%2Fmp4&X-Amz-Expires=600`), 'GET'),
    from(await presigned('HEAD', endpoint, `${KEY}?X-Amz-Expires=600`), 'HEAD'),
    from(listUrl, 'GET', await signedHeaders('GET', listUrl)),
    from(objectUrl, 'GET', await signedHeaders('GET', objectUrl)),
    from(objectUrl, 'HEAD', await signedHeaders('HEAD', objectUrl)),
  ];
}

/** Returns the faults of the response to an altered request. Status 0 means that the connection was closed without a response. */
function faultsOf(altered: Signed, status: number, text: string): string[] {
  // If the HTTP parser cannot read a request, the gateway closes the connection, with 400 or without a response.
  const isRejected = status === 0 || (status >= 400 && status < 500) || status === 501;
  const shown = `${altered.method} ${altered.target.slice(0, 300)} ${JSON.stringify(altered.headers).slice(0, 500)}`;
  const faults = isRejected ? [] : [`returns ${status}: ${shown}`];
  if (text.includes(SECRET)) faults.push(`leaks the bytes: ${shown}`);
  if (status >= 400 && altered.method !== 'HEAD' && text !== '') faults.push(...documentFaults(text, shown));
  return faults;
}

/** Returns the same text for requests that the gateway may treat alike: with parameters in another order, or other unsigned headers. */
function meaning({ method, target, headers, body }: Signed, original: Signed): string {
  const isHeader = original.headers.authorization !== undefined;
  const signed = isHeader
    ? /SignedHeaders=([^,]*)/.exec(original.headers.authorization!)![1]!
    : decodeURIComponent(/X-Amz-SignedHeaders=([^&]*)/.exec(original.target)![1]!);
  const steers = [
    'host',
    'authorization',
    'transfer-encoding',
    ...(isHeader ? ['content-type'] : []),
    ...signed.split(';'),
  ];
  const [path = '', query = ''] = split(target);
  const parameters = query.split('&').map((part) => {
    try {
      return decodeURIComponent(part.replaceAll('+', ' ')) + (part.includes('=') ? '' : '=');
    } catch {
      return part;
    }
  });
  const steering = Object.entries({ 'content-length': String(Buffer.byteLength(body)), ...headers })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')])
    .filter(([name]) => steers.includes(name!) || name!.startsWith('x-amz-'))
    .sort();
  // A link for GET also allows HEAD.
  const does = !isHeader && original.method === 'GET' && method === 'HEAD' ? 'GET' : method;
  return JSON.stringify([does, path, parameters.sort(), steering, body]);
}

/** Returns the faults of an error, which must be well-formed XML and contain nothing of the signature. */
function documentFaults(text: string, shown: string): string[] {
  if (!text.startsWith('<?xml')) return [`an error without XML: ${JSON.stringify(text.slice(0, 100))} for ${shown}`];
  const open: string[] = [];
  for (const [, closes, name] of text.matchAll(/<(\/?)([A-Za-z]+)[^>]*>/g)) {
    if (!closes) open.push(name!);
    else if (open.pop() !== name) return [`XML that is not well formed for ${shown}`];
  }
  const isPlain =
    open.length === 0 && !/&(?!#\d+;)/.test(text) && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text);
  const faults = isPlain ? [] : [`XML that is not well formed for ${shown}`];
  if (/Signature=[0-9a-f]{64}/.test(text)) faults.push(`an error that repeats a signature for ${shown}`);
  return faults;
}

/**
 * Sends a request as written. Node's client would correct some requests, so headers that it rejects are sent by hand. Status 0 means that
 * the connection was closed without a response.
 */
function send(port: number, { method, target, headers, body }: Signed): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const length = Object.keys(headers).some((name) => name.toLowerCase() === 'content-length') || body === '';
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    if (!length) lines.push(`content-length: ${Buffer.byteLength(body)}`);
    const chunks: Buffer[] = [];
    const announced = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-length')?.[1];
    // The rest of a declared body is never sent, so no response is sent before the timeout.
    const isShort = announced !== undefined && Number(announced) !== Buffer.byteLength(body);
    const timer = setTimeout(() => socket.destroy(), isShort ? SHORT_MS : RESPONSE_MS);
    socket.on('error', () => {});
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', () => {
      clearTimeout(timer);
      const response = Buffer.concat(chunks).toString('utf8');
      // `100 Continue` is not a final response.
      const final = response.replace(/^HTTP\/1\.1 100 .*?\r\n\r\n/s, '');
      const [head = '', ...rest] = final.split('\r\n\r\n');
      const text = /transfer-encoding: chunked/i.test(head) ? '' : rest.join('\r\n\r\n');
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), text });
    });
    socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`);
  });
}
