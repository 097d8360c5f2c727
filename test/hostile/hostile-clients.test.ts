import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileClients, largestJob, silentReaders, usualLatencies } from '../../testkit/attacks/hostile-clients.ts';
import { startService, type TestService } from '../../testkit/service.ts';

/** Maximum resident memory of the API, in MiB. */
const MOST_MIB = 400;
/** Maximum median latency of the other account, in milliseconds. On a quiet machine, the benchmark measures less than 200 ms. */
const MOST_MS = 1_000;
const JOBS = 30;
const LISTS = 30;

// `./airlock bench --case hostile-requests` makes the measurements for a quiet machine.
describe('a hostile client with a key', () => {
  let service: TestService;
  let key: string;
  beforeAll(async () => {
    service = await startService({ AIRLOCK_WORKER_SLOTS: '1' });
    ({ key } = await service.makeKey('--account', 'usual'));
  });
  afterAll(() => service?.remove());

  it('does not delay other clients with a loop of costly bodies', async () => {
    const clients = await hostileClients(service, 4);
    const ms = await usualLatencies(service, key, 16);
    const { sent, faults } = await clients.stop();
    expect(faults).toEqual([]);
    expect(sent).toBeGreaterThan(4);
    expect(ms.sort((a, b) => a - b)[ms.length / 2]).toBeLessThan(MOST_MS);
  });

  it('does not exhaust memory with responses that the client never reads', async () => {
    for (let index = 0; index < JOBS; index += 1) {
      expect((await service.call('POST', '/v1/transcodes', largestJob())).status).toBe(201);
    }
    const readers = silentReaders(service, service.key, '/v1/transcodes?limit=100', LISTS);
    const rss: number[] = [];
    // Sends requests of another client during the attack.
    for (let round = 0; round < 8; round += 1) {
      await usualLatencies(service, key, 3);
      rss.push(residentMib(service.pids('api')[0]!));
    }
    readers.end();
    expect(Math.max(...rss)).toBeLessThan(MOST_MIB);
  });
});

function residentMib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}
