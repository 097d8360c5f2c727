import {
  type IDataObject,
  type IExecuteFunctions,
  type IHookFunctions,
  type IHttpRequestMethods,
  type ILoadOptionsFunctions,
  type IN8nHttpFullResponse,
  type JsonObject,
  NodeApiError,
  NodeOperationError,
  sleep,
} from 'n8n-workflow';

export type Caller = IExecuteFunctions | IHookFunctions | ILoadOptionsFunctions;

export interface ApiRequest {
  method?: IHttpRequestMethods;
  /** Path that starts with `/v1/`. */
  path: string;
  body?: IDataObject;
  qs?: IDataObject;
  idempotencyKey?: string;
  /** Index of the item that errors name. */
  itemIndex?: number;
  signal?: AbortSignal;
  /** Seconds after which a request is no longer repeated, although the server asks to repeat it. */
  patienceSeconds?: number;
}

/** The facts about an error of Airlock that a node shows in addition to the error's text. */
export interface ErrorFacts extends IDataObject {
  code: string | null;
  status: number;
  docs: string | null;
}

const CREDENTIAL = 'airlockApi';
/** Milliseconds after which a request fails. This is longer than the 60 seconds that a request may wait on the server. */
const TIMEOUT_MS = 90_000;
const PATIENCE_SECONDS = 60;
const DEFAULT_RETRY_SECONDS = 2;
const MAX_RETRY_SECONDS = 30;
/** Codes of errors after which the server asks to repeat the request later. */
const RETRIED_CODES = new Set(['rate_limit_exceeded', 'concurrency_exceeded', 'unavailable', 'archive_not_ready']);

/** Sends a request and returns the JSON of the response. Throws `NodeApiError` with the message of the server. */
export async function send(caller: Caller, request: ApiRequest): Promise<IDataObject> {
  return (await sendFor(caller, request, false))!;
}

/** Like `send`, but returns null if the resource does not exist. */
export async function sendOrNull(caller: Caller, request: ApiRequest): Promise<IDataObject | null> {
  return sendFor(caller, request, true);
}

async function sendFor(caller: Caller, request: ApiRequest, mayBeMissing: boolean): Promise<IDataObject | null> {
  const base = await readAddress(caller, request.itemIndex);
  const end = Date.now() + (request.patienceSeconds ?? PATIENCE_SECONDS) * 1000;
  for (;;) {
    const response = await sendOnce(caller, base, request);
    const body = asObject(response.body);
    if (response.statusCode >= 200 && response.statusCode < 300) return body;
    if (mayBeMissing && response.statusCode === 404 && body.code === 'not_found') return null;
    const waitMs = retryDelayMs(response, body);
    if (waitMs === null || Date.now() + waitMs > end || request.signal?.aborted) {
      throw apiError(caller, { base, status: response.statusCode, body, itemIndex: request.itemIndex });
    }
    await sleep(waitMs);
  }
}

async function sendOnce(caller: Caller, base: string, request: ApiRequest): Promise<IN8nHttpFullResponse> {
  const { method = 'GET', path, body, qs, idempotencyKey, itemIndex, signal } = request;
  try {
    return (await caller.helpers.httpRequestWithAuthentication.call(caller, CREDENTIAL, {
      method,
      url: base + path,
      headers: { Accept: 'application/json', ...(idempotencyKey && { 'Idempotency-Key': idempotencyKey }) },
      ...(body && { body }),
      ...(qs && { qs }),
      json: true,
      timeout: TIMEOUT_MS,
      returnFullResponse: true,
      ignoreHttpStatusErrors: true,
      // A redirect would carry the key to another address.
      disableFollowRedirect: true,
      ...(signal && { abortSignal: signal }),
    })) as IN8nHttpFullResponse;
  } catch (error) {
    if (signal?.aborted) throw new NodeOperationError(caller.getNode(), 'The execution was stopped.', { itemIndex });
    throw new NodeApiError(caller.getNode(), error as JsonObject, {
      message: `Airlock is unreachable at ${new URL(base).host}.`,
      description:
        'Check the address in the credential, and whether n8n reaches it. For a self-signed certificate, set NODE_EXTRA_CA_CERTS where n8n runs.',
      itemIndex,
    });
  }
}

/** Returns the address in the credential, without a trailing slash. */
async function readAddress(caller: Caller, itemIndex?: number): Promise<string> {
  const { url } = await (caller as IExecuteFunctions).getCredentials(CREDENTIAL, itemIndex);
  const text = String(url ?? '')
    .trim()
    .replace(/\/+$/, '');
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new NodeOperationError(caller.getNode(), 'The address in the Airlock credential is not a URL.', {
    description: 'Enter the URL of your server, such as https://video.example.com.',
    itemIndex,
  });
}

/** Returns the milliseconds to wait before the next attempt; null if another attempt cannot help. */
function retryDelayMs({ headers }: IN8nHttpFullResponse, { code }: IDataObject): number | null {
  if (!RETRIED_CODES.has(String(code))) return null;
  const seconds = Number(headers['retry-after'] ?? DEFAULT_RETRY_SECONDS);
  return Math.min(Number.isFinite(seconds) ? Math.max(seconds, 1) : DEFAULT_RETRY_SECONDS, MAX_RETRY_SECONDS) * 1000;
}

interface ErrorResponse {
  base: string;
  status: number;
  body: IDataObject;
  itemIndex?: number;
}

function apiError(caller: Caller, { base, status, body, itemIndex }: ErrorResponse): NodeApiError {
  const isAirlock = typeof body.code === 'string' && typeof body.error === 'string';
  const facts: ErrorFacts = { code: isAirlock ? String(body.code) : null, status, docs: docsUrl(base, body.docs) };
  // The body of another server is not shown, because a proxy may write any text there.
  const message = isAirlock
    ? String(body.message ?? body.error)
    : `The server at ${new URL(base).host} returned ${status}, but not in the format of Airlock.`;
  const description = isAirlock
    ? [`Code: ${facts.code}.`, facts.docs && `See ${facts.docs}`].filter(Boolean).join(' ')
    : 'Check the address in the credential.';
  const error = new NodeApiError(
    caller.getNode(),
    { message },
    { message, description, httpCode: String(status), itemIndex },
  );
  error.context.airlock = facts;
  return error;
}

function docsUrl(base: string, docs: unknown): string | null {
  if (typeof docs !== 'string') return null;
  return docs.startsWith('/') ? base + docs : docs;
}

function asObject(body: unknown): IDataObject {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as IDataObject) : {};
}

/** Returns all items of a list, or the first `limit` items. Requests a page only when its items are needed. */
export async function listItems(
  caller: Caller,
  { limit, ...request }: ApiRequest & { limit: number },
): Promise<IDataObject[]> {
  const items: IDataObject[] = [];
  let after: unknown = null;
  while (items.length < limit) {
    const qs = {
      ...request.qs,
      limit: Math.min(limit - items.length, 100),
      ...(after !== null && { after: String(after) }),
    };
    const body = await send(caller, { ...request, qs });
    const page = asObject(body.result ?? body);
    items.push(...((page.items ?? []) as IDataObject[]));
    after = page.next ?? null;
    if (after === null) break;
  }
  return items.slice(0, limit);
}
