/**
 * Run by a test in a mount namespace of its own, as `run.ts <folder of the small disk> <clip>`: an attacker fills the
 * disk while another account works; then the service stops on a full disk and starts again. Prints its observations.
 */
import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { linkRootImage } from '../../../testkit/data-directory.ts';
import { transcode, upload } from '../../../testkit/media.ts';
import { run } from '../../../testkit/run.ts';
import { call, startService, type TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { until } from '../../../testkit/until.ts';
import { isAlive } from '../load.ts';

const [folder, clip] = process.argv.slice(2) as [string, string];
const MB = 1e6;
const RESERVE_MB = 100;
const JOBS = 4;
/** Free above the reserve when the attack begins; the rest is filled, so that the attack takes seconds. */
const SPARE_MB = 150;
const FETCHES = 10;
/** Clients of the other account, each of which waits for its job before it submits the next one. */
const CLIENTS = 2;
/** Milliseconds between the attacker's rounds, which should fill the disk, not the processor. */
const PAUSE_MS = 50;
const ENV = {
  AIRLOCK_DISK_RESERVE: `${RESERVE_MB}MB`,
  AIRLOCK_FETCH_ALLOW: '127.0.0.0/8',
  AIRLOCK_WORKER_SLOTS: '3',
};

const freeMb = async () => {
  const { bavail, bsize } = await statfs(folder);
  return Math.round((bavail * bsize) / MB);
};
const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

/** Writes a file that leaves that many megabytes free. */
async function fillUntil(leftMb: number, name: string): Promise<void> {
  const rest = (await freeMb()) - leftMb;
  if (rest > 0) await run('fallocate', ['--length', String(rest * MB), join(folder, name)]);
}

/** A source that sends a gigabyte as fast as it is read. */
async function startEndlessSource() {
  const chunk = Buffer.alloc(MB);
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': 1000 * MB });
    pipeline(Readable.from(Array<Buffer>(1000).fill(chunk)), response).catch(() => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/clip.mp4`, close };
}

/**
 * Requests and uses upload URLs, never confirms, and submits fetches that do not fit. Counts the responses by status.
 */
async function attack(service: TestService, key: string, sourceUrl: string, stop: AbortSignal) {
  const responses: Record<string, number> = {};
  const count = (what: string, status: number) => {
    responses[`${what} ${status}`] = (responses[`${what} ${status}`] ?? 0) + 1;
  };
  const fill = async () => {
    for (let round = 0; !stop.aborted; round++) {
      const fileSize = [2000, 500, 60, 20, 5][round % 5]! * MB;
      const body = { filename: 'a.mp4', contentType: 'video/mp4', fileSize };
      const presigned = await call(`${service.api}/v1/upload/presigned-url`, 'POST', key, body).catch(() => null);
      count('presign', presigned?.status ?? 0);
      if (presigned?.status === 200 && fileSize <= 60 * MB) {
        const sending = { method: 'PUT', headers: { 'content-type': 'video/mp4' }, body: Buffer.alloc(fileSize) };
        const put = await fetch(presigned.json.result.uploadUrl, sending).catch(() => null);
        count('put', put?.status ?? 0);
      }
      await pause();
    }
  };
  const fetchMuch = async () => {
    const body = { inputs: [{ url: sourceUrl }], outputFormat: 'mp4' };
    for (let job = 0; job < FETCHES && !stop.aborted; job++) {
      const created = await call(`${service.api}/v1/transcodes`, 'POST', key, body).catch(() => null);
      count('create', created?.status ?? 0);
      await pause();
    }
  };
  await Promise.all([fill(), fill(), fill(), fetchMuch()]);
  return responses;
}

let lowest = await freeMb();
const watch = setInterval(async () => {
  lowest = Math.min(lowest, await freeMb());
}, 50);

const dataDir = join(folder, 'data');
await linkRootImage(dataDir, undefined, true);
let service = await startService(ENV, { dataDir });
const atStart = await freeMb();
const source = await startEndlessSource();
await fillUntil(RESERVE_MB + SPARE_MB, 'of-others');
const attacker = await service.makeKey('--account', 'attacker');
const stop = new AbortController();
const attacking = attack(service, attacker.key, source.url, stop.signal);
const jobs: string[] = [];
let slowestMs = 0;
const work = async () => {
  for (let job = 0; job < JOBS / CLIENTS; job++) {
    const began = Date.now();
    jobs.push(
      await upload(service, clip)
        .then(({ fileUrl }) => transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp4' }))
        .then(({ status, error_code }) => error_code ?? status)
        .catch((error: Error) => error.message.slice(0, 200)),
    );
    slowestMs = Math.max(slowestMs, Date.now() - began);
  }
};
await Promise.all(Array.from({ length: CLIENTS }, work));
stop.abort();
const responses = await attacking;
source.close();
const lowestMb = lowest;
clearInterval(watch);

// Another program fills the disk up to a few megabytes, and the service dies.
const output = service.output();
// PostgreSQL goes on until the next start.
const processes = [service.pid, ...['api', 'gateway', 'worker'].flatMap((role) => service.pids(role))];
process.kill(service.pid, 'SIGKILL');
await until(() => !processes.some(isAlive), { what: 'the end of all its processes' });
await fillUntil(8, 'of-another-program');
const beforeMb = await freeMb();
let restart = 'up';
let swept = false;
let health: unknown = null;
try {
  service = await startService(ENV, { dataDir });
  health = (await service.call('GET', '/health-check')).json.storage;
  // Uploads that were never confirmed expire.
  const db = await openServiceDatabase(service);
  await db.query(`UPDATE uploads SET created_at = now() - interval '2 h' WHERE state = 'pending'`);
  await db.end();
  const lowMb = await freeMb();
  swept = await until(async () => (await freeMb()) > lowMb + 20, { what: 'the sweep' });
  await service.stop();
} catch (error) {
  restart = (error as Error).message.slice(0, 400);
}
const noSpace = [output, service.output()].some((text) => text.includes('No space left'));
process.stdout.write(
  `\n${JSON.stringify({ jobs, slowestMs, responses, atStart, lowestMb, noSpace, beforeMb, restart, swept, health })}\n`,
);
process.exit(0);
