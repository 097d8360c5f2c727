import { afterAll, beforeAll, describe } from 'vitest';
import { startService, type TestService } from '../../testkit/service.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { untilAllRolesServe } from './all-roles.ts';
import { cuttingOff, whyNotCutOff } from './three-slots/cut-off.ts';
import { killing } from './three-slots/kill.ts';
import { endingWorkers } from './three-slots/killed-workers.ts';
import { randomKills } from './three-slots/random-kills.ts';
import { slowDestinations } from './three-slots/slow-destinations.ts';
import { slowSources } from './three-slots/slow-sources.ts';
import { stalling } from './three-slots/stalled-worker.ts';
import { supervising } from './three-slots/supervisor.ts';

// Tests that stop and kill processes of a service with three slots. They share the service, because a start takes longer than
// most of the tests.
let service: TestService;
beforeAll(async () => {
  service = await startService({
    AIRLOCK_WORKER_SLOTS: '3',
    AIRLOCK_CHUNKS: 'always',
    AIRLOCK_FETCH_ALLOW: '127.0.0.1/32',
  });
});
afterAll(() => service?.remove());
/** Returns the service once the roles that earlier tests killed are running again. */
const given = async () => {
  await untilAllRolesServe(service);
  return service;
};

describe('slow sources', slowSources(given));
describe('slow destinations', slowDestinations(given));
describe('the end of a worker process', endingWorkers(given));
describe('a worker that stalls', stalling(given));
describe('kill -9 under load', killing(given));
describe('a fleet whose processes are killed and stopped at random', randomKills(given));
describe.skipIf(whyNotCutOff !== null)(
  `a network that loses packets without a trace${skipNote(whyNotCutOff)}`,
  cuttingOff(given),
);
// Last, because these tests stop the service and start the next one.
describe(
  'the supervisor',
  supervising(given, (next) => {
    service = next;
  }),
);
