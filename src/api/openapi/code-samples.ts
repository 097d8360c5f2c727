import { literalOf } from './literals.ts';
import { isIdempotent } from './responses.ts';
import type { Document, Operation } from './types.ts';

/** A sample program that sends a request. The format is `x-codeSamples`, which Redoc and other readers support. */
interface CodeSample {
  lang: 'Shell' | 'TypeScript' | 'Python';
  label: string;
  source: string;
}

interface Call {
  /** HTTP method in lower case. */
  method: string;
  path: string;
  /** Names of the parameters in the path. */
  names: readonly string[];
  /** Undefined for operations without a body. */
  body: unknown;
  auth: 'key' | 'session' | 'none';
  idempotent: boolean;
}

/** Adds `x-codeSamples` in curl, TypeScript and Python to every operation. Bodies are the documented examples. */
export function addCodeSamples(document: Document): void {
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item)) {
      const call: Call = {
        ...{ method, path, body: bodyOf(operation), auth: authOf(operation) },
        names: [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!),
        idempotent: isIdempotent(operation),
      };
      operation['x-codeSamples'] = samplesOf(call);
    }
  }
}

function samplesOf(call: Call): CodeSample[] {
  return [
    { lang: 'Shell', label: 'curl', source: curlSample(call) },
    { lang: 'TypeScript', label: 'TypeScript', source: call.auth === 'session' ? fetchSample(call) : sdkSample(call) },
    { lang: 'Python', label: 'Python', source: pythonSample(call) },
  ];
}

function bodyOf(operation: Operation): unknown {
  return operation.requestBody?.content['application/json']?.example;
}

function authOf({ security }: Operation): Call['auth'] {
  if (security === undefined) return 'key';
  return security.length > 0 ? 'session' : 'none';
}

/**
 * Returns a curl command. It reads the server, the key and the parameters of the path from shell variables, such as `$AIRLOCK_URL` and
 * `$ID`.
 */
function curlSample({ method, path, body, auth, idempotent }: Call): string {
  const target = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `$${shellName(name)}`);
  const isPlain = method === (body === undefined ? 'get' : 'post');
  const lines = [
    `curl -sS${isPlain ? '' : ` -X ${method.toUpperCase()}`} "$AIRLOCK_URL${target}"`,
    ...(auth === 'key' ? ['-H "Authorization: Bearer $AIRLOCK_API_KEY"'] : []),
    ...(auth === 'session' ? ['-b cookies.txt'] : []),
    ...(needsCsrf(method, auth) ? ['-H "x-airlock-csrf: $CSRF"'] : []),
    ...(idempotent ? ['-H "Idempotency-Key: $IDEMPOTENCY_KEY"'] : []),
    ...(body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`]),
  ];
  return lines.join(' \\\n  ');
}

/** Returns a call of the SDK. `airlock` is a client of the SDK, which adds the key and an Idempotency-Key. */
function sdkSample({ method, path, names, body }: Call): string {
  const options = [
    ...(names.length > 0 ? [`path: { ${names.join(', ')} }`] : []),
    ...(body === undefined ? [] : [`body: ${literalOf(body, 'typescript')}`]),
  ];
  const more = options.length > 0 ? `, { ${options.join(', ')} }` : '';
  return `const response = await airlock.call('${method}', '${path}'${more});`;
}

/** Returns a request from a page of this server, which sends the cookie of the session. */
function fetchSample({ method, path, auth }: Call): string {
  const options = [
    ...(method === 'get' ? [] : [`method: '${method.toUpperCase()}'`]),
    ...(needsCsrf(method, auth) ? ["headers: { 'x-airlock-csrf': csrf }"] : []),
  ];
  return `const response = await fetch('${path}'${options.length > 0 ? `, { ${options.join(', ')} }` : ''});`;
}

/**
 * Returns a request in Python. `url`, `key` and the parameters of the path are variables. `session` is a `requests.Session` that has signed
 * in.
 */
function pythonSample({ method, path, names, body, auth, idempotent }: Call): string {
  const target = names.reduce((text, name) => text.replace(`{${name}}`, `{${snake(name)}}`), path);
  const headers = [
    ...(auth === 'key' ? ['"Authorization": f"Bearer {key}"'] : []),
    ...(needsCsrf(method, auth) ? ['"x-airlock-csrf": csrf'] : []),
    ...(idempotent ? ['"Idempotency-Key": str(uuid.uuid4())'] : []),
  ];
  const given = [
    `f"{url}${target}"`,
    ...(headers.length > 0 ? [`headers={${headers.join(', ')}}`] : []),
    ...(body === undefined ? [] : [`json=${literalOf(body, 'python')}`]),
  ];
  const oneLine = `response = ${auth === 'session' ? 'session' : 'requests'}.${method}(${given.join(', ')})`;
  if (oneLine.length <= 100) return oneLine;
  return `${oneLine.slice(0, oneLine.indexOf('(') + 1)}\n${given.map((one) => `    ${one},\n`).join('')})`;
}

/** Whether a request needs the CSRF header, which proves that a page of this server sent a change. */
function needsCsrf(method: string, auth: Call['auth']): boolean {
  return auth === 'session' && method !== 'get';
}

/** Returns the name of a shell variable, such as `UPLOAD_ID` for `uploadId`. */
function shellName(name: string): string {
  return snake(name).toUpperCase();
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
