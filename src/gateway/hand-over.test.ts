import { constants } from 'node:fs';
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  BUCKET,
  CREDENTIAL,
  type EmbeddedGateway,
  REGION,
  startEmbeddedGateway,
} from '../../test/conformance/embedded-gateway.ts';
import { presigned, signedHeaders } from '../../test/conformance/raw-client.ts';
import { skipNote } from '../../test/helpers/skip-note.ts';
import { run } from '../../testkit/run.ts';
import { type Listening, listen, tcpServer } from '../../testkit/servers.ts';
import { FILE_MARK, HANDED_OVER, markOf } from '../storage/embedded/hand-over.ts';
import { openEmbeddedStore } from '../storage/embedded/store.ts';

const TYPE = 'video/mp4';
const BYTES = 'what a cell has written';

let folder: string;
let work: string;
let gateway: EmbeddedGateway;
let path: string;
let number = 0;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'airlock-hand-over-')));
  work = join(folder, 'work');
  await mkdir(join(work, 'attempt'), { recursive: true });
  gateway = await startEmbeddedGateway({ handOverRoot: work, maxObjectBytes: 1000 }, { handOverRoot: work });
});
afterAll(async () => {
  await gateway?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  number += 1;
  path = join(work, 'attempt', `taken-${number}`);
});

const write = (bytes = BYTES) => writeFile(path, bytes, { mode: 0o400 });
async function handOver(key: string, { size = BYTES.length, from = path, store = gateway.store } = {}) {
  return (await store.capabilities()).handOver!(key, from, { contentType: TYPE, size });
}
/** Sends a signed request with these parameters. */
async function put(key: string, query: Record<string, string>) {
  const url = `${gateway.endpoint}/${BUCKET}/${key}?${new URLSearchParams(query)}`;
  const headers = await signedHeaders('PUT', url, { 'content-type': TYPE, 'content-length': '0' });
  const response = await fetch(url, { method: 'PUT', headers, body: '' });
  return { status: response.status, code: /<Code>(\w+)</.exec(await response.text())?.[1] };
}

/** Starts a proxy in front of the gateway. The proxy discards the first response to a PUT. */
function losingProxy(): Promise<Listening> {
  let lost = false;
  const server = tcpServer((client) => {
    const upstream = connect(gateway.port, '127.0.0.1');
    upstream.on('error', () => undefined);
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      if (lost) return void client.write(chunk);
      lost = true;
      client.destroy();
      upstream.destroy();
    });
  });
  return listen(server);
}

const localPath = async (key: string) => (await gateway.store.capabilities()).localPath!(key);

const rootNote = skipNote(process.geteuid!() !== 0 && 'needs root');

describe('a file that a worker hands over', () => {
  it('becomes the object without a copy of its bytes, and keeps no other name', async () => {
    await write();
    const { ino } = await lstat(path);
    expect(await handOver('moved')).toBe(true);
    expect(await gateway.store.head('moved')).toMatchObject({ size: BYTES.length, contentType: TYPE });
    const stored = (await localPath('moved'))!;
    expect(await readFile(stored, 'utf8')).toBe(BYTES);
    expect(await lstat(stored)).toMatchObject({ ino, nlink: 1, uid: process.geteuid!() });
    expect((await lstat(stored)).mode & 0o777).toBe(0o444);
    await expect(lstat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('replaces the object of an earlier attempt', async () => {
    await gateway.store.putFile('again', import.meta.filename, { contentType: TYPE, size: 10 });
    await write();
    expect(await handOver('again')).toBe(true);
    expect(await readFile((await localPath('again'))!, 'utf8')).toBe(BYTES);
  });

  const unfit: [string, () => Promise<unknown>][] = [
    ['has a second name', () => write().then(() => link(path, `${path}-other`))],
    ['is a symbolic link', () => writeFile(`${path}-target`, BYTES).then(() => symlink(`${path}-target`, path))],
    ['is a folder', () => mkdir(path)],
    ['is a pipe', () => run('/usr/bin/mkfifo', [path])],
    ['is larger than any object may be', () => write('x'.repeat(1001))],
  ];
  it.each(unfit)('is neither moved nor stored if it %s', async (_, make) => {
    await make();
    expect(await handOver('unfit')).toBe(false);
    expect(await gateway.store.head('unfit')).toBeNull();
    await lstat(path);
  });

  it.runIf(process.geteuid!() === 0)(`is not moved if another account owns it${rootNote}`, async () => {
    await write();
    await chown(path, 60706, 60705);
    expect(await handOver('foreign')).toBe(false);
    expect(await gateway.store.head('foreign')).toBeNull();
  });

  it('is not moved if it was written to or replaced after it was marked', async () => {
    await write();
    const mark = markOf(await lstat(path, { bigint: true }));
    await chmod(path, 0o600);
    const file = await open(path, constants.O_WRONLY);
    await file.write('W', 0);
    await file.close();
    const rejection = await put('changed', { [HANDED_OVER]: `attempt/taken-${number}`, [FILE_MARK]: mark });
    expect(rejection).toMatchObject({ status: 400, code: 'InvalidRequest' });
    expect(await gateway.store.head('changed')).toBeNull();
    expect((await lstat(path)).mode & 0o777).toBe(0o600);
  });

  it('is rejected if it is a symbolic link to a file that has the mark', async () => {
    await writeFile(`${path}-target`, BYTES, { mode: 0o600 });
    await symlink(`${path}-target`, path);
    const mark = markOf(await lstat(`${path}-target`, { bigint: true }));
    const rejection = await put('linked', { [HANDED_OVER]: `attempt/taken-${number}`, [FILE_MARK]: mark });
    expect(rejection).toMatchObject({ status: 400, code: 'InvalidRequest' });
    expect([await gateway.store.head('linked'), (await lstat(path)).isSymbolicLink()]).toEqual([null, true]);
    expect((await lstat(`${path}-target`)).mode & 0o777).toBe(0o600);
  });

  it.each(['../file', 'attempt/../../file', '/etc/passwd', 'attempt', 'attempt/.hidden', 'link/file', ''])(
    'cannot be named by %j',
    async (name) => {
      await symlink(folder, join(work, 'link')).catch(() => undefined);
      await writeFile(join(folder, 'file'), BYTES);
      const mark = markOf(await lstat(join(folder, 'file'), { bigint: true }));
      const { status } = await put('outside', { [HANDED_OVER]: name, [FILE_MARK]: mark });
      expect([400, 404]).toContain(status);
      expect(await gateway.store.head('outside')).toBeNull();
      await lstat(join(folder, 'file'));
    },
  );

  it('is rejected for a key that was closed', async () => {
    await write();
    await (await gateway.store.capabilities()).closeKey!('closed', new Date(Date.now() + 60_000));
    await expect(handOver('closed')).rejects.toMatchObject({ status: 403, code: 'AccessDenied' });
    await lstat(path);
  });

  it('is stored once if the response is lost', async () => {
    await write();
    const proxy = await losingProxy();
    const { port } = proxy;
    const endpoint = `http://127.0.0.1:${port}`;
    const lossy = openEmbeddedStore({
      ...{ endpoint, publicEndpoint: endpoint, bucket: BUCKET, region: REGION, credentials: CREDENTIAL },
      handOverRoot: work,
    });
    try {
      expect(await handOver('lost', { store: lossy })).toBe(true);
      expect(await readFile((await localPath('lost'))!, 'utf8')).toBe(BYTES);
    } finally {
      await lossy.close();
      await proxy.close();
    }
  });

  it('cannot be named by a signed URL', async () => {
    await write();
    const mark = markOf(await lstat(path, { bigint: true }));
    const query = new URLSearchParams({ [HANDED_OVER]: `attempt/taken-${number}`, [FILE_MARK]: mark });
    const headers = { 'content-type': TYPE, 'content-length': '0' };
    const url = await presigned('PUT', gateway.endpoint, `signed?${query}&X-Amz-Expires=60`, headers);
    const response = await fetch(url, { method: 'PUT', headers: { 'content-type': TYPE }, body: '' });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('cannot be used to hand over');
    await lstat(path);
  });

  it('is not accepted by a gateway without a folder of workers', async () => {
    const plain = await startEmbeddedGateway({}, { handOverRoot: work });
    try {
      await write();
      expect(await handOver('plain', { store: plain.store })).toBe(false);
      await lstat(path);
    } finally {
      await plain.close();
    }
  });
});
