/** Runs on a disk of four megabytes, whose folder is the argument. Prints the responses of the gateway. */
import { readdir, statfs, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { startGateway } from '../../src/gateway/server.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/store.ts';

const MB = 2 ** 20;
const folder = process.argv[2]!;
const root = join(folder, 'storage');
const credential = { accessKeyId: 'k', secretAccessKey: 's' };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const location = { bucket: 'full', region: 'local' };
const gateway = await startGateway({
  ...location,
  root,
  credentials: [credential],
  host: '127.0.0.1',
  port: 0,
  connections: { total: 64, perAddress: 64, firstByteMs: 5_000 },
  maxObjectBytes: 1e9,
  reserve: { percent: 0, bytes: MB },
  logger: silent,
});
const endpoint = `http://127.0.0.1:${gateway.port}`;
const store = openEmbeddedStore({ ...location, credentials: credential, endpoint, publicEndpoint: endpoint });
const headers = { 'content-type': 'video/mp4' };

const sign = async (key: string, size: number) =>
  (await store.presignPut(key, { contentType: 'video/mp4', size, expiresIn: 60 })).url;

async function put(key: string, size: number): Promise<Response> {
  return fetch(await sign(key, size), { method: 'PUT', headers, body: Buffer.alloc(size) });
}

/**
 * Starts a PUT that sends half of its bytes and then waits. `rest` sends the other half. `status` resolves with the status of the response.
 */
async function slowPut(key: string, size: number): Promise<{ status: Promise<number>; rest: () => void }> {
  const sending = request(await sign(key, size), { method: 'PUT', headers: { ...headers, 'content-length': size } });
  const status = new Promise<number>((resolve) => {
    sending.once('response', (response) => resolve(response.resume().statusCode!));
    sending.once('error', () => resolve(0));
  });
  await new Promise<void>((resolve) => sending.write(Buffer.alloc(size / 2), () => resolve()));
  return { status, rest: () => sending.end(Buffer.alloc(size / 2)) };
}

const free = async () => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};
const statuses = (responses: Response[]) => responses.map(({ status }) => status).sort();

const rejected = await put('large', 5 * MB);
const code = /<Code>(\w+)/.exec(await rejected.text())?.[1];
const afterwards = await store.head('large');
const tempFiles = await readdir(join(root, 'tmp'));

// Three concurrent uploads, of which only two fit above the reserve.
const atOnce = statuses(await Promise.all(['a', 'b', 'c'].map((key) => put(key, 1_200_000))));
const keepsReserve = (await free()) >= MB;
for (const key of ['a', 'b', 'c']) await store.delete(key);

// Another program fills the disk while the bytes arrive.
const under = await slowPut('under-way', 2 * MB);
await writeFile(join(folder, 'of-others'), Buffer.alloc(2_600_000));
const overtaken = await under.status;
under.rest();
await writeFile(join(folder, 'of-others'), Buffer.alloc(3_400_000));
const space = await (await store.capabilities()).space!();
const low = { spare: space.spareBytes < 0, small: (await put('low', 1000)).status };
await writeFile(join(folder, 'of-others'), '');
const small = (await put('small', 1000)).status;

// Any file of this size on another disk fits this test.
const own = await store.putFile('own', process.execPath, { contentType: 'video/mp4', size: 5 * MB }).catch((error) => ({
  retry: error.retry,
  status: error.status,
}));
const full = { status: rejected.status, code, afterwards, tempFiles };
process.stdout.write(JSON.stringify({ full, atOnce, keepsReserve, overtaken, low, small, own }));
await store.close();
await gateway.close(0);
