import { afterAll, beforeAll, describe } from 'vitest';
import { startService, type TestService } from '../../testkit/service.ts';
import { accountLimits } from './six-slots/accounts.ts';
import { BUCKET_KEYS, destinations } from './six-slots/destinations.ts';
import { disarming } from './six-slots/disarm.ts';
import { jobLimits } from './six-slots/job-limits.ts';
import { sources } from './six-slots/sources.ts';
import { webhooks } from './six-slots/webhooks.ts';

// Tests that run several jobs concurrently and read all work folders or the database, so no other test file may use the service. They share
// it, because a start takes longer than most of the tests.
let service: TestService;
beforeAll(async () => {
  service = await startService({ AIRLOCK_WORKER_SLOTS: '6', AIRLOCK_FETCH_ALLOW: '127.0.0.1/32', ...BUCKET_KEYS });
});
afterAll(() => service?.remove());
const given = () => service;

describe('inputs from the web', sources(given));
describe('disarming', disarming(given));
describe('limits of a job', jobLimits(given));
describe('webhooks', webhooks(given));
describe('destinations', destinations(given));
describe('the limits of an account', accountLimits(given));
