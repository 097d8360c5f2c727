import { randomBytes } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedGateway, startEmbeddedGateway } from '../../test/conformance/embedded-gateway.ts';
import { STALLED_BYTES, stallDownloads } from '../../testkit/attacks/stalled-downloads.ts';
import { readSteadily } from '../../testkit/slow-reader.ts';
import { until } from '../../testkit/until.ts';
import { createPieces, LARGE_PIECES } from './pieces.ts';

const ACCOUNTS = 12;
const DOWNLOADS = 160;
const MIB = 2 ** 20;

describe('the gateway', () => {
  let gateway: EmbeddedGateway;
  const pieces = createPieces();
  beforeAll(async () => {
    gateway = await startEmbeddedGateway({ pieces, minimumRate: { bytesPerSecond: 1000, windowMs: 60_000 } });
  });
  afterAll(() => gateway?.close());

  async function linkTo(key: string, size: number): Promise<string> {
    const path = join(gateway.root, 'object');
    await writeFile(path, '');
    await truncate(path, size);
    await gateway.store.putFile(key, path, { contentType: 'video/mp4', size });
    return gateway.store.presignGet(key, { filename: 'a.mp4', contentType: 'video/mp4', expiresIn: 900 });
  }

  it('gives stalled downloads little memory, and completes the download of a new account while they last', async () => {
    const links: string[] = [];
    for (let account = 0; account < ACCOUNTS; account++)
      links.push(await linkTo(`outputs/${account}/1`, STALLED_BYTES));
    const fresh = await linkTo('outputs/new/1', 1_000_000);
    const before = process.memoryUsage().external;
    const requests = Array.from({ length: DOWNLOADS }, (_, index) => ({
      url: links[index % ACCOUNTS]!,
      from: `127.0.1.${1 + (index % 3)}`,
    }));
    const stalled = await stallDownloads(requests);
    expect(stalled.begun).toBe(DOWNLOADS);
    // The clients are in this process, and each has read one buffer of 64 KiB.
    const added = process.memoryUsage().external - before - DOWNLOADS * 64 * 1024;
    expect(added).toBeLessThan(LARGE_PIECES.places / 4 + 12 * MIB);
    for (let times = 0; times < 10; times++) {
      expect((await (await fetch(fresh)).arrayBuffer()).byteLength).toBe(1_000_000);
    }
    const cut = gateway.logged.filter(({ fields }) => fields.method === 'GET' && fields.complete === false);
    expect(cut).toEqual([]);
    stalled.end();
    await until(() => pieces.largeBytes === 0, { what: 'the release of the large pieces' });
  });
});

describe('downloads of several accounts at the same time', () => {
  it('each return the bytes of their own object, even while other downloads disconnect', async () => {
    const gateway = await startEmbeddedGateway();
    const objects = Array.from({ length: 6 }, () => randomBytes(1_500_000));
    const path = join(gateway.root, 'object');
    const urls: string[] = [];
    for (const [index, bytes] of objects.entries()) {
      await writeFile(path, bytes);
      await gateway.store.putFile(`outputs/${index}/1`, path, { contentType: 'video/mp4', size: bytes.length });
      urls.push(
        await gateway.store.presignGet(`outputs/${index}/1`, {
          filename: 'a',
          contentType: 'video/mp4',
          expiresIn: 900,
        }),
      );
    }
    const readAll = async (index: number) => {
      const body = Buffer.from(await (await fetch(urls[index]!)).arrayBuffer());
      return body.equals(objects[index]!);
    };
    const disconnect = async (index: number) => {
      const stop = new AbortController();
      const { body } = await fetch(urls[index]!, { signal: stop.signal });
      await body!.getReader().read();
      stop.abort();
      return true;
    };
    const runs = Array.from({ length: 30 }, (_, run) => (run % 3 === 0 ? disconnect : readAll)(run % objects.length));
    expect((await Promise.all(runs)).filter((isRight) => !isRight)).toEqual([]);
    await gateway.close();
  });
});

describe('a download', () => {
  const SIZE = 5_000_000;
  /** A minimum rate that is 40 times the usual minimum rate, for 64 KiB in 1.5 seconds instead of 60. */
  const QUICK = { bytesPerSecond: 43_690, windowMs: 1_500 };

  async function withGateway(work: (request: () => Socket, gateway: EmbeddedGateway) => Promise<void>): Promise<void> {
    const gateway = await startEmbeddedGateway({ minimumRate: QUICK });
    const path = join(gateway.root, 'object');
    await writeFile(path, Buffer.alloc(SIZE));
    await gateway.store.putFile('outputs/a/1', path, { contentType: 'video/mp4', size: SIZE });
    const options = { filename: 'a.mp4', contentType: 'video/mp4', expiresIn: 900 };
    const { port, pathname, search, host } = new URL(await gateway.store.presignGet('outputs/a/1', options));
    const request = () => {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
      socket.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
      return socket;
    };
    await work(request, gateway);
    await gateway.close();
  }

  // With the usual minimum rate, this client would correspond to a client that reads 10 KB per second.
  it('a download is complete for a client that reads slowly and steadily', async () => {
    await withGateway(async (request) => {
      const read = await readSteadily(request(), { bytes: 10_000, everyMs: 25, forMs: 4_000 });
      expect(read).toBeGreaterThan(SIZE);
    });
  });

  it('a download is cut off when its client stops reading', async () => {
    await withGateway(async (request, { logged }) => {
      request().pause();
      const isCut = () => logged.some(({ fields }) => fields.method === 'GET' && fields.complete === false);
      await until(isCut, { what: 'the end of the download' });
    });
  });
});
