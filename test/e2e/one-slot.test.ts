import { afterAll, beforeAll, describe } from 'vitest';
import { startService, type TestService } from '../../testkit/service.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { OTHER_STORAGE } from '../helpers/storage.ts';
import { stoppingTheApi } from './one-slot/api-stop.ts';
import { arrivingUploads } from './one-slot/arriving-uploads.ts';
import { cancelingAndErasing } from './one-slot/cancel-erase.ts';
import { handingOver } from './one-slot/handed-over.ts';
import { jobs } from './one-slot/jobs.ts';
import { receipts } from './one-slot/receipts.ts';
import { restarting } from './one-slot/restart.ts';

// Tests that control which jobs wait while a single job runs. They share a service, because a start takes longer than most of the tests.
let service: TestService;
beforeAll(async () => {
  service = await startService({ AIRLOCK_WORKER_SLOTS: '1', AIRLOCK_FETCH_ALLOW: '127.0.0.0/8' });
});
afterAll(() => service?.remove());
const given = () => service;

const storageNote = skipNote(OTHER_STORAGE && 'needs the embedded storage');

describe('jobs', jobs(given));
describe('cancels and erases', cancelingAndErasing(given));
describe('an output whose bytes are not sent', handingOver(given));
describe('an API that stops', stoppingTheApi(given));
describe.skipIf(OTHER_STORAGE)(`an upload that arrives while its job runs${storageNote}`, arrivingUploads(given));
// These tests alter the audit log.
describe('receipts and manifests', receipts(given));
// Last, because the other tests expect the service before the restart.
describe('a restart with another signing key', restarting(given));
