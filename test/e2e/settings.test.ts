import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe } from 'vitest';
import { startService, type TestService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';
import { makeDatabase, type TestDatabase } from '../helpers/database.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { briefJobs } from './settings/brief-jobs.ts';
import { operatorDatabase } from './settings/database.ts';
import { proxy } from './settings/proxy.ts';
import { security } from './settings/security.ts';
import { traces } from './settings/traces.ts';

// Tests that each need one setting, which does not affect the other tests. They share a service, because a start takes longer than these
// tests.
let service: TestService;
let database: TestDatabase;
let collector: Awaited<ReturnType<typeof startSource>>;
const bodies: string[] = [];
beforeAll(async () => {
  collector = await startSource(async (request, response) => {
    bodies.push(await text(request));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  database = await makeDatabase();
  service = await startService({
    AIRLOCK_DATABASE_URL: database.url,
    AIRLOCK_SANDBOX: 'landlock',
    AIRLOCK_TRUST_PROXY: '127.0.0.1/32',
    AIRLOCK_TRACES: `${collector.url}/v1/traces`,
    AIRLOCK_FETCH_ALLOW: '127.0.0.1/32',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  });
});
afterAll(async () => {
  await service?.remove();
  await database?.drop();
  collector?.close();
});
const given = () => service;

const note = skipNote(availableParallelism() < 2 && 'needs two processors');

describe('GET /v1/security', security(given));
describe('an API behind a proxy that terminates HTTPS', proxy(given));
describe('traces', traces(given, bodies));
describe.skipIf(availableParallelism() < 2)(`brief heavy jobs${note}`, briefJobs(given));
describe(
  'the database of an operator',
  operatorDatabase(given, () => database),
);
