import type { Random } from '../../testkit/random.ts';
import { shareService, startService } from '../../testkit/service.ts';
import { rawHttp } from '../helpers/raw-http.ts';
import { type Campaign, count, type Fuzzer } from './campaign.ts';
import { anyJson, anyValue, type Schema, uuid } from './from-schema.ts';
import { anyText } from './texts.ts';

interface Operation {
  method: string;
  path: string;
  parameters: { name: string; in: string; schema?: Schema }[];
  body: Schema | null;
}

/** Maximum number of milliseconds for a response. None of these requests waits for a job. */
const RESPONSE_MS = 10_000;

/** Fuzzes every route in the OpenAPI document of a real service, with bodies, ids, queries and headers generated from the document. */
export const JSON_BODIES: Campaign = { cases: 20_000, open };

async function open(): Promise<Fuzzer> {
  // Outside the test suite there is no service to share.
  const service = process.env.TEST_SHARING_URL
    ? await shareService()
    : await startService({ AIRLOCK_LOG_LEVEL: 'error', AIRLOCK_WORKER_SLOTS: '1' });
  const before = service.output().length;
  const document = (await service.call('GET', '/openapi.json')).json;
  const operations = operationsOf(document);
  const resolve = (schema: Schema): Schema => {
    if (!schema.$ref) return schema;
    let at = document;
    for (const part of schema.$ref.slice(2).split('/')) at = at?.[part];
    return at ?? {};
  };
  const tally: Record<string, number> = {};
  return {
    tally,
    async one(random) {
      const operation = random.pick(operations);
      const { url, headers, body } = requestOf(random, operation, resolve);
      const what = `${operation.method} ${operation.path}`;
      const sent = `${what} ${url.slice(0, 200)} ${JSON.stringify(body ?? '').slice(0, 600)}`;
      const response = await withDeadline(
        rawHttp(`${service.api}${url}`, {
          method: operation.method,
          headers: { authorization: `Bearer ${service.key}`, ...headers },
          ...(body !== undefined && { body }),
        }),
      );
      if (response === null) return [`no response within ${RESPONSE_MS} ms: ${sent}`];
      count(tally, String(response.status));
      return responseFaults(response, service.key).map((fault) => `${fault}: ${sent}`);
    },
    async atEnd() {
      const health = await service.call('GET', '/health-check');
      const me = await service.call('GET', '/v1/transcodes?limit=1');
      const faults = health.status === 200 ? [] : [`the service is not well afterwards: ${health.text.slice(0, 300)}`];
      if (me.status !== 200) faults.push(`the list is answered ${me.status} afterwards`);
      const restarts = service
        .output()
        .slice(before)
        .match(/exited unexpectedly|unhandled|uncaught/gi);
      if (restarts) faults.push(`the service wrote: ${restarts.join(', ')}`);
      return faults;
    },
    close: () => service.remove(),
  };
}

function operationsOf(document: { paths: Record<string, Record<string, unknown>> }): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const { parameters = [], requestBody } = operation as {
        parameters?: Operation['parameters'];
        requestBody?: { content?: Record<string, { schema?: Schema }> };
      };
      const isStream = /events$/.test(path);
      if (isStream || !/^(?:get|post|put|patch|delete)$/.test(method)) return [];
      return [
        {
          method: method.toUpperCase(),
          path,
          parameters,
          body: requestBody?.content?.['application/json']?.schema ?? null,
        },
      ];
    }),
  );
}

function requestOf(random: Random, operation: Operation, resolve: (schema: Schema) => Schema) {
  const text = (schema: Schema | undefined): string => {
    const value = random.chance(0.8) ? anyValue(random, schema ?? {}, resolve) : anyText(random, 20);
    return (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toWellFormed().slice(0, 2000);
  };
  const path = operation.path.replace(/\{(\w+)\}/g, () =>
    encodeURIComponent(random.chance(0.7) ? uuid(random) : anyText(random, 20).toWellFormed() || 'x'),
  );
  const query = operation.parameters
    .filter((parameter) => parameter.in === 'query' && random.chance(0.3))
    // No request may wait for a job.
    .map(
      ({ name, schema }) =>
        `${name}=${encodeURIComponent(name === 'wait' ? random.pick(['0', 'x', '-1', '61']) : text(schema))}`,
    );
  if (random.chance(0.05)) query.push(encodeURIComponent(anyText(random, 12).toWellFormed()));
  const headers: Record<string, string> = {};
  if (random.chance(0.1)) headers['idempotency-key'] = random.pick(['a', 'b', 'x'.repeat(300), 'a b', '%']);
  let body: string | undefined;
  if (operation.body || random.chance(0.1)) {
    const value = operation.body && random.chance(0.9) ? anyValue(random, operation.body, resolve) : anyJson(random);
    body = JSON.stringify(value) ?? '';
    if (random.chance(0.05)) body = body.slice(0, random.int(0, body.length));
    headers['content-type'] = random.chance(0.97)
      ? 'application/json'
      : random.pick(['text/plain', 'application/xml', '']);
  }
  return { url: query.length > 0 ? `${path}?${query.join('&')}` : path, headers, body };
}

function responseFaults(response: Awaited<ReturnType<typeof rawHttp>>, key: string): string[] {
  const { status, text, json } = response;
  const faults: string[] = [];
  // Features that this server does not have return 501.
  if (status >= 500 && status !== 501) faults.push(`is answered ${status} ${text.slice(0, 200)}`);
  if (status >= 400 && (typeof json?.code !== 'string' || typeof json?.error !== 'string')) {
    faults.push(`an error (${status}) without the common shape: ${text.slice(0, 200)}`);
  }
  if (/node_modules|\.ts:\d|at [A-Za-z.]+ \(|SELECT |select .* from /.test(text))
    faults.push('a response with our insides');
  if (text.includes(key)) faults.push('a response that repeats the key');
  return faults;
}

async function withDeadline<T>(promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), RESPONSE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
