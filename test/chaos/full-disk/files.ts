import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { httpServer, listen } from '../../../testkit/servers.ts';
import { call, type TestService } from '../../../testkit/service.ts';
import { type Disk, MB, RESERVE_MB, work } from './disk.ts';

const JOBS = 4;
/** Megabytes above the reserve that are free when the attack begins. The rest is filled, so that the attack takes only seconds. */
const SPARE_MB = 150;
const FETCHES = 10;
/** Number of clients of the other account. Each client waits for its job before it submits the next job. */
const CLIENTS = 2;
/** Milliseconds between the attacker's rounds, which should fill the disk, not the processor. */
const PAUSE_MS = 50;

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

/** Fills the disk with files of an attacker while another account works. */
export async function attackWithFiles(service: TestService, disk: Disk, clip: string) {
  const atStart = await disk.freeMb();
  const watch = disk.watch();
  const source = await startEndlessSource();
  await disk.fillUntil(RESERVE_MB + SPARE_MB, 'of-others');
  const attacker = await service.makeKey('--account', 'attacker-with-files');
  const stop = new AbortController();
  const attacking = attack(service, attacker.key, source.url, stop.signal);
  const jobs: string[] = [];
  let slowestMs = 0;
  const client = async () => {
    for (let job = 0; job < JOBS / CLIENTS; job++) {
      const began = Date.now();
      jobs.push(await work(service, clip));
      slowestMs = Math.max(slowestMs, Date.now() - began);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  stop.abort();
  const responses = await attacking;
  await source.close();
  return { jobs, slowestMs, responses, atStart, lowestMb: watch.stop() };
}

/** Starts a source that sends a gigabyte as fast as the client reads. */
async function startEndlessSource() {
  const chunk = Buffer.alloc(MB);
  const server = httpServer((_, response) => {
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': 1000 * MB });
    return pipeline(Readable.from(Array<Buffer>(1000).fill(chunk)), response);
  });
  const { url, close } = await listen(server);
  return { url: `${url}/clip.mp4`, close };
}

/**
 * Requests upload URLs, sends files to them, never confirms the uploads, and submits fetches that do not fit on the disk. Counts the
 * responses by status.
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
  const submitFetches = async () => {
    const body = { inputs: [{ url: sourceUrl }], outputFormat: 'mp4' };
    for (let job = 0; job < FETCHES && !stop.aborted; job++) {
      const created = await call(`${service.api}/v1/transcodes`, 'POST', key, body).catch(() => null);
      count('create', created?.status ?? 0);
      await pause();
    }
  };
  await Promise.all([fill(), fill(), fill(), submitFetches()]);
  return responses;
}
