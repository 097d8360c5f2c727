import { listen, tcpServer } from '../../../testkit/servers.ts';
import { call, type TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { type Disk, RESERVE_MB, work } from './disk.ts';

/**
 * Megabytes above the reserve that are free when the attack begins. The rest of the disk is filled first, so that the attack takes only
 * seconds.
 */
const SPARE_MB = 37;
const MOST_ROUNDS = 80;
const REJECTED = 4;
const WEBHOOKS = 20;
const JOB = {
  inputs: [{ url: 'https://127.0.0.1/clip.mp4' }],
  outputFormat: 'mp4',
  metadata: { text: 'x'.repeat(8000) },
};

/** Fills the database with rows of an attacker while another account works. */
export async function attackWithRows(service: TestService, disk: Disk, clip: string) {
  const attacker = await service.makeKey('--account', 'attacker-with-rows');
  const post = (path: string, body: unknown) => call(`${service.api}${path}`, 'POST', attacker.key, body);
  // The receiver never responds, so that every delivery stays pending. A worker would repeat deliveries to a closed port as fast as it can.
  const receiver = await listen(tcpServer(() => {}));
  for (let index = 0; index < WEBHOOKS; index++) await post('/v1/webhooks', { url: `${receiver.url}/${index}` });
  await disk.fillUntil(RESERVE_MB + SPARE_MB, 'of-others');
  const atStart = await disk.freeMb();
  const watch = disk.watch();
  const jobs: string[] = [];
  const responses: Record<string, number> = {};
  for (let round = 0, rejected = 0; round < MOST_ROUNDS && rejected < REJECTED; round++) {
    const created = await post('/v1/transcodes/batch', { jobs: Array(100).fill(JOB), metadata: JOB.metadata });
    const what = `batch ${created.status} ${created.json?.code ?? ''}`.trim();
    responses[what] = (responses[what] ?? 0) + 1;
    if (created.status === 201) {
      await call(`${service.api}/v1/batches/${created.json.id}/cancel`, 'PATCH', attacker.key, undefined);
    } else {
      rejected += 1;
      // The attacker has reached the limit. A job of the other account must still complete.
      if (jobs.length === 0) jobs.push(await work(service, clip));
    }
  }
  jobs.push(await work(service, clip));
  const database = await sizeOfDatabase(service);
  return { jobs, responses, atStart, lowestMb: watch.stop(), database, close: receiver.close };
}

async function sizeOfDatabase(service: TestService) {
  const database = await openServiceDatabase(service);
  const { rows } = await database.query(
    `SELECT pg_database_size(current_database())::float8 / 1e6 AS size,
       (SELECT sum(row_bytes) FROM account_storage)::float8 / 1e6 AS counted, (SELECT count(*) FROM jobs) AS jobs`,
  );
  await database.end();
  return rows[0];
}
