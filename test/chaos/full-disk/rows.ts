/**
 * Run by a test in a mount namespace of its own, as `rows.ts <folder of the small disk> <clip>`: an attacker fills the
 * database with rows while another account works. Prints its observations.
 */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { linkRootImage } from '../../../testkit/data-directory.ts';
import { transcode, upload } from '../../../testkit/media.ts';
import { run } from '../../../testkit/run.ts';
import { call, startService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';

const [folder, clip] = process.argv.slice(2) as [string, string];
const MB = 2 ** 20;
const RESERVE_MB = 100;
/** Free above the reserve when the attack begins; the rest is filled, so that the attack takes seconds. */
const SPARE_MB = 35;
const MOST_ROUNDS = 80;
const REJECTED = 4;
const WEBHOOKS = 20;
const ENV = {
  AIRLOCK_DISK_RESERVE: `${RESERVE_MB}MiB`,
  AIRLOCK_FETCH_ALLOW: '127.0.0.0/8',
  AIRLOCK_WORKER_SLOTS: '1',
};

const freeMb = async () => {
  const { bavail, bsize } = await statfs(folder);
  return Math.round((bavail * bsize) / MB);
};

const dataDir = join(folder, 'data');
await linkRootImage(dataDir, undefined, true);
const service = await startService(ENV, { dataDir });
const attacker = await service.makeKey('--account', 'attacker');
const post = (path: string, body: unknown) => call(`${service.api}${path}`, 'POST', attacker.key, body);
// Nobody listens there, so that every delivery stays pending.
for (let index = 0; index < WEBHOOKS; index++) await post('/v1/webhooks', { url: `https://127.0.0.1/${index}` });
const rest = (await freeMb()) - RESERVE_MB - SPARE_MB;
if (rest > 0) await run('fallocate', ['--length', String(rest * MB), join(folder, 'of-others')]);

let lowestMb = await freeMb();
const atStart = lowestMb;
const watch = setInterval(async () => {
  lowestMb = Math.min(lowestMb, await freeMb());
}, 50);

const job = {
  inputs: [{ url: 'https://127.0.0.1/clip.mp4' }],
  outputFormat: 'mp4',
  metadata: { text: 'x'.repeat(8000) },
};
const jobs: string[] = [];
const responses: Record<string, number> = {};
const works = async () => {
  jobs.push(
    await upload(service, clip)
      .then(({ fileUrl }) => transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp4' }))
      .then(({ status, error_code }) => error_code ?? status)
      .catch((error: Error) => error.message.slice(0, 200)),
  );
};
for (let round = 0, rejected = 0; round < MOST_ROUNDS && rejected < REJECTED; round++) {
  const created = await post('/v1/transcodes/batch', { jobs: Array(100).fill(job), metadata: job.metadata });
  const what = `batch ${created.status} ${created.json?.code ?? ''}`.trim();
  responses[what] = (responses[what] ?? 0) + 1;
  if (created.status === 201) {
    await call(`${service.api}/v1/batches/${created.json.id}/cancel`, 'PATCH', attacker.key, undefined);
  } else {
    rejected += 1;
    // The attacker has got all that it may; the other account works as before.
    if (jobs.length === 0) await works();
  }
}
await works();
const database = await openServiceDatabase(service);
const { rows } = await database.query(
  `SELECT pg_database_size(current_database())::float8 / 1048576 AS size,
     (SELECT sum(row_bytes) FROM account_storage)::float8 / 1048576 AS counted, (SELECT count(*) FROM jobs) AS jobs`,
);
await database.end();
clearInterval(watch);
const noSpace = service.output().includes('No space left');
await service.stop();
process.stdout.write(
  `\n${JSON.stringify({ jobs, responses, atStart, lowestMb, noSpace, ...{ database: rows[0] } })}\n`,
);
process.exit(0);
