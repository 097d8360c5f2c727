/** Run by a test on a disk of two megabytes, mounted at the folder named by the argument: prints what the gateway did. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startGateway } from '../../src/gateway/server.ts';
import { openStore } from '../../src/storage/s3-store.ts';

const root = join(process.argv[2]!, 'storage');
const credential = { accessKeyId: 'k', secretAccessKey: 's' };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const place = { bucket: 'full', region: 'local' };
const gateway = await startGateway({
  ...place,
  root,
  credentials: [credential],
  host: '127.0.0.1',
  port: 0,
  connections: { total: 64, perAddress: 64, firstByteMs: 5_000 },
  maxObjectBytes: 1e9,
  logger: silent,
});
const endpoint = `http://127.0.0.1:${gateway.port}`;
const store = openStore({ ...place, ...credential, endpoint, publicEndpoint: endpoint });

async function put(key: string, size: number): Promise<Response> {
  const url = await store.presignPut(key, { contentType: 'video/mp4', size, expiresIn: 60 });
  return fetch(url, { method: 'PUT', headers: { 'content-type': 'video/mp4' }, body: Buffer.alloc(size) });
}

const refused = await put('large', 5_000_000);
const code = /<Code>(\w+)/.exec(await refused.text())?.[1];
const afterwards = await store.head('large');
const tempFiles = await readdir(join(root, 'tmp'));
const small = await put('small', 1000);

// Any file of that size that lies on another disk will do.
const own = await store
  .putFile('own', process.execPath, { contentType: 'video/mp4', size: 5_000_000 })
  .catch((error) => ({
    retry: error.retry,
    status: error.status,
  }));
process.stdout.write(JSON.stringify({ full: refused.status, code, afterwards, tempFiles, small: small.status, own }));
await store.close();
await gateway.close(0);
