import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFetcher, FetchError, type FetcherOptions } from '../../src/fetcher/index.ts';
import { httpServer, type RequestHandler, listen as start, tcpServer } from '../../testkit/servers.ts';
import { withoutRoot } from '../helpers/without-root.ts';

let folder: string;
let cleanups: (() => Promise<void>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-fetch-'));
});
afterEach(async () => {
  await Promise.all(cleanups.map((cleanup) => cleanup()));
  cleanups = [];
  await rm(folder, { recursive: true });
});

interface Running {
  port: number;
  url: string;
  /** Returns the number of connections to the server. */
  connections: () => number;
  /** Returns the number of bytes that the server has received. */
  received: () => number;
}

async function listen(server: Server, host = '127.0.0.1'): Promise<Running> {
  let connections = 0;
  let received = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    socket.on('data', (data) => {
      received += data.length;
    });
  });
  const { port, url, close } = await start(server, { host });
  cleanups.push(close);
  return { port, url, connections: () => connections, received: () => received };
}

const serve = (handler: RequestHandler) => listen(httpServer(handler));

/** Starts a server that responds to every request with exactly these bytes. It closes the connection unless `close` is false. */
const serveRaw = (response: string | Buffer, close = true) =>
  listen(
    tcpServer((socket) => {
      socket.once('data', () => (close ? socket.end(response) : socket.write(response)));
    }),
  );

const fetcher = (options: Partial<FetcherOptions> = {}) =>
  createFetcher({ allow: ['127.0.0.1/32'], ports: [80, 443], maxBytes: 1_000_000, deadlineMs: 5000, ...options });

const target = () => join(folder, 'file');

/** Returns the error of a download that must fail, and checks that the download leaves nothing behind. */
async function failure(download: Promise<unknown>): Promise<FetchError> {
  const error = await download.then(
    () => Promise.reject(new Error('the download did not fail')),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(FetchError);
  expect(await readdir(folder)).toEqual([]);
  return error;
}

describe('a download that succeeds', () => {
  it('writes exactly the bytes of the source, and returns its content type and host', async () => {
    const bytes = Buffer.alloc(300_000, 'media');
    const server = await serve((_request, response) => {
      response.setHeader('content-type', 'Video/MP4; charset=binary').end(bytes);
    });
    const counted: number[] = [];
    const result = await fetcher().download(`${server.url}/a.mp4?sig=1`, target(), { onBytes: (n) => counted.push(n) });
    expect(result).toEqual({ bytes: bytes.length, contentType: 'video/mp4', host: `127.0.0.1:${server.port}` });
    expect((await readFile(target())).equals(bytes)).toBe(true);
    expect(counted.reduce((sum, n) => sum + n, 0)).toBe(bytes.length);
  });

  it('makes the file private, or readable for one group', async () => {
    const server = await serve((_request, response) => response.end('x'));
    await fetcher().download(server.url, target());
    expect((await stat(target())).mode & 0o777).toBe(0o600);
    const group = process.getgid!();
    await fetcher().download(server.url, join(folder, 'shared'), { fileGroup: group });
    const shared = await stat(join(folder, 'shared'));
    expect([shared.mode & 0o777, shared.gid]).toEqual([0o640, group]);
  });

  it('sends no header that identifies the installation or requests compression, and keeps no connection', async () => {
    let headers: object = {};
    const server = await serve((request, response) => {
      headers = request.headers;
      response.end('x');
    });
    await fetcher().download(server.url, target());
    expect(headers).toEqual({
      host: `127.0.0.1:${server.port}`,
      connection: 'close',
      'user-agent': 'Airlock',
      accept: '*/*',
      'accept-encoding': 'identity',
    });
  });

  it('follows up to three redirects, including relative ones', async () => {
    const server = await serve((request, response) => {
      const step = Number(request.url!.slice(1));
      if (step === 3) response.end('there');
      else response.writeHead(302, { location: `/${step + 1}` }).end('x'.repeat(100_000));
    });
    await fetcher().download(`${server.url}/0`, target());
    expect(await readFile(target(), 'utf8')).toBe('there');
  });

  it('closes the connection even if the source keeps it open', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const server = tcpServer(
      (socket) => {
        closed = once(socket, 'end');
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx'));
      },
      { allowHalfOpen: true },
    );
    await fetcher().download((await listen(server)).url, target());
    await closed;
  });

  it('reaches localhost by name if the operator allows the loopback address', async () => {
    const server = await serve((_request, response) => response.end('local'));
    const lookup = () => Promise.reject(new Error('localhost must not go to DNS'));
    await fetcher({ lookup }).download(`http://localhost:${server.port}/`, target());
    expect(await readFile(target(), 'utf8')).toBe('local');
  });

  it('accepts a body of unknown length that ends with the connection, and an empty body', async () => {
    const open = await serveRaw('HTTP/1.1 200 OK\r\n\r\nabc');
    expect((await fetcher().download(open.url, target())).bytes).toBe(3);
    const empty = await serveRaw('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    expect((await fetcher().download(empty.url, join(folder, 'empty'))).bytes).toBe(0);
  });

  // undici 7 crashes the process here, because its parser asserts that it is not paused when the source closes the connection.
  it.each([131_072, 200_000])(
    'succeeds although the source closes the connection after the last of %i bytes',
    async (size) => {
      const head = `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${size}\r\n\r\n`;
      const server = await serveRaw(Buffer.concat([Buffer.from(head), Buffer.alloc(size, 'a')]));
      for (let round = 0; round < 20; round++) {
        expect((await fetcher().download(server.url, join(folder, String(round)))).bytes).toBe(size);
      }
    },
  );

  it('accepts HTML, which the probe rejects, but reports its type', async () => {
    const server = await serve((_request, response) => response.setHeader('content-type', 'text/html').end('<html>'));
    expect((await fetcher().download(server.url, target())).contentType).toBe('text/html');
  });
});

describe('addresses that are not public', () => {
  const hosts = (responses: string[][]) => {
    const asked: string[] = [];
    const lookup = async (name: string) => {
      asked.push(name);
      const response = responses[Math.min(asked.length, responses.length) - 1]!;
      return response.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    };
    return { asked, lookup };
  };

  it.each([
    ['loopback', ['127.0.0.1']],
    ['a private network', ['10.1.2.3']],
    ['cloud metadata', ['169.254.169.254']],
    ['the wire server of a cloud', ['168.63.129.16']],
    ['IPv6 loopback', ['::1']],
    ['an IPv4-mapped loopback', ['::ffff:127.0.0.1']],
    ['an IPv4-compatible loopback', ['::127.0.0.1']],
    ['NAT64', ['64:ff9b::7f00:1']],
    ['6to4', ['2002:7f00:1::']],
    ['a public and a private address', ['93.184.216.34', '127.0.0.1']],
    ['a private and a public address', ['127.0.0.1', '2606:4700::1111']],
    ['something that is not an address', ['localhost']],
  ])('a name that resolves to %s is rejected before any connection', async (_what, addresses) => {
    const server = await serve((_request, response) => response.end('secret'));
    const warnings: object[] = [];
    const error = await failure(
      fetcher({
        allow: [],
        ports: [server.port],
        lookup: hosts([addresses]).lookup,
        logger: { warn: (fields) => warnings.push(fields) },
      }).download(`http://media.example:${server.port}/a?token=hidden`, target()),
    );
    expect(error).toMatchObject({ code: 'source_refused', retry: false });
    expect(error.message).not.toMatch(/127|10\.1|169|168|::|token|hidden|media\.example/);
    expect(server.connections()).toBe(0);
    expect(warnings).toEqual([{ host: 'media.example', address: expect.any(String) }]);
  });

  it('a literal in any notation is rejected before any connection', async () => {
    const server = await serve((_request, response) => response.end('secret'));
    const only = fetcher({ allow: [], ports: [server.port] });
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '127。0。0。1', '[::ffff:127.0.0.1]', '0']) {
      expect((await failure(only.download(`http://${host}:${server.port}/`, target()))).code).toBe('source_refused');
    }
    expect((await failure(only.download(`http://localhost:${server.port}/`, target()))).code).toBe('source_refused');
    expect(server.connections()).toBe(0);
  });

  it('a name is resolved once per connection, and checked again for the next connection (rebinding)', async () => {
    const inside = await listen(
      httpServer((_request, response) => response.end('secret')),
      '127.0.0.2',
    );
    const outside = await serve((_request, response) =>
      response.writeHead(302, { location: `http://rebind.example:${inside.port}/` }).end(),
    );
    const dns = hosts([['127.0.0.1'], ['127.0.0.2']]);
    const error = await failure(
      fetcher({ lookup: dns.lookup }).download(`http://rebind.example:${outside.port}/`, target()),
    );
    expect(error.code).toBe('source_refused');
    expect(dns.asked).toHaveLength(2);
    expect([outside.connections(), inside.connections()]).toEqual([1, 0]);
  });

  it('a public name on a port that is not listed is rejected before any connection', async () => {
    const error = await failure(
      fetcher({ lookup: hosts([['93.184.216.34']]).lookup }).download('http://media.example:8080/', target()),
    );
    expect(error.code).toBe('source_refused');
    expect(error.message).toContain('port');
  });

  it('a redirect to a private address, another scheme or a URL with a password is rejected', async () => {
    const inside = await listen(
      httpServer((_request, response) => response.end('secret')),
      '127.0.0.2',
    );
    for (const location of [
      `http://127.0.0.2:${inside.port}/`,
      `//127.0.0.2:${inside.port}/`,
      `http://2130706434:${inside.port}/`,
      'http://169.254.169.254/latest/meta-data',
      'file:///etc/passwd',
      'ftp://127.0.0.1/',
      'gopher://127.0.0.1:6379/_FLUSHALL',
      'data:text/plain,x',
      'http://user:password@127.0.0.1/',
    ]) {
      const server = await serve((_request, response) => response.writeHead(307, { location }).end('x'));
      const error = await failure(fetcher().download(server.url, target()));
      expect([location, error.code]).toEqual([location, 'source_refused']);
    }
    expect(inside.connections()).toBe(0);
  });

  it('endless redirects fail after the third redirect', async () => {
    const server = await serve((_request, response) => response.writeHead(301, { location: '/again' }).end());
    const error = await failure(fetcher().download(server.url, target()));
    expect(error).toMatchObject({ code: 'source_error', retry: false });
    expect(server.connections()).toBe(4);
  });
});

describe('sources with bad responses', () => {
  it.each([
    [404, 'source_not_found', false],
    [410, 'source_not_found', false],
    [401, 'source_error', false],
    [403, 'source_error', false],
    [206, 'source_error', false],
    [429, 'source_error', true],
    [500, 'source_error', true],
    [503, 'source_error', true],
  ])('the status %i causes the error %s', async (status, code, retry) => {
    const server = await serve((_request, response) => response.writeHead(status).end('internal details'));
    const error = await failure(fetcher().download(`${server.url}/secret-path`, target()));
    expect(error).toMatchObject({ code, retry, message: `The source responded with ${status}.` });
  });

  it('a redirect without a target, or to an invalid URL, fails with an error of the source', async () => {
    for (const headers of [{}, { location: 'http://[' }]) {
      const server = await serve((_request, response) => response.writeHead(302, headers).end());
      expect((await failure(fetcher().download(server.url, target()))).code).toBe('source_error');
    }
  });

  it('a compressed response is rejected, regardless of the name of its encoding', async () => {
    for (const headers of [{ 'content-encoding': 'gzip' }, { 'content-encoding': 'identity, br' }]) {
      const server = await serve((_request, response) =>
        response.writeHead(200, headers).end(gzipSync('x'.repeat(1e6))),
      );
      expect((await failure(fetcher().download(server.url, target()))).code).toBe('source_refused');
    }
    const transfer = await serveRaw('HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nxxx');
    expect((await failure(fetcher().download(transfer.url, target()))).code).toBe('source_refused');
  });

  it('a response with endless headers fails with an error of the source', async () => {
    const server = await serveRaw(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\nabc`);
    expect(await failure(fetcher().download(server.url, target()))).toMatchObject({
      code: 'source_error',
      retry: false,
    });
  });

  it('a response that is not HTTP fails with an error of the source', async () => {
    const server = await serveRaw('220 mail.example ESMTP\r\n');
    expect(await failure(fetcher().download(server.url, target()))).toMatchObject({
      code: 'source_error',
      retry: false,
    });
  });

  it('a protocol switch is rejected, and endless early hints stop at the deadline', async () => {
    const upgrade = await serveRaw('HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nabc');
    expect((await failure(fetcher().download(upgrade.url, target()))).code).toMatch(/^source_(unreachable|error)$/);
    const promising = await serveRaw('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50), false);
    const error = await failure(fetcher().download(promising.url, target(), { deadlineMs: 200 }));
    expect(error.code).toBe('source_timeout');
  });

  it('a body whose chunks are malformed fails with an error of the source', async () => {
    const server = await serveRaw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n');
    expect((await failure(fetcher().download(server.url, target()))).code).toBe('source_error');
  });

  it('a source that closes the connection without a response, or a port without a listener, is reported as unreachable', async () => {
    const closing = await serveRaw('');
    expect((await failure(fetcher().download(closing.url, target()))).code).toBe('source_unreachable');
    expect((await failure(fetcher().download('http://127.0.0.1:1/', target()))).code).toBe('source_unreachable');
  });

  it('a name that does not exist or has no address is reported as unreachable', async () => {
    const missing = async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND gone.example'), { code: 'ENOTFOUND' });
    };
    for (const lookup of [missing, async () => []]) {
      const error = await failure(fetcher({ lookup }).download('http://gone.example/', target()));
      expect(error).toMatchObject({
        code: 'source_unreachable',
        message: 'The host name of the source could not be resolved.',
      });
    }
  });
});

describe('sources that lie about their length', () => {
  it('a body with fewer bytes than announced fails as incomplete', async () => {
    const server = await serveRaw('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this');
    expect(await failure(fetcher().download(server.url, target()))).toMatchObject({
      code: 'source_incomplete',
      retry: true,
    });
  });

  it('a chunked body without its last chunk fails as incomplete', async () => {
    const server = await serveRaw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n');
    expect((await failure(fetcher().download(server.url, target()))).code).toBe('source_incomplete');
  });

  it('bytes beyond the announced length are never written to the file', async () => {
    const server = await serveRaw(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello${'X'.repeat(1000)}`);
    const result = await fetcher()
      .download(server.url, target())
      .catch((error) => error);
    if (result instanceof FetchError) expect(await readdir(folder)).toEqual([]);
    else expect(await readFile(target(), 'utf8')).toBe('hello');
  });

  it('a response with two different lengths, or a length that is not a number, fails with an error of the source', async () => {
    for (const lengths of ['content-length: 5\r\ncontent-length: 6', 'content-length: -1', 'content-length: 5x']) {
      const server = await serveRaw(`HTTP/1.1 200 OK\r\n${lengths}\r\n\r\nhello!`);
      expect((await failure(fetcher().download(server.url, target()))).code).toBe('source_error');
    }
  });

  it('a length over the limit is rejected before the body is read', async () => {
    const server = await serveRaw('HTTP/1.1 200 OK\r\ncontent-length: 1000001\r\n\r\n', false);
    // The server never sends the body, so a fetcher that reads it first fails with another code.
    expect(await failure(fetcher().download(server.url, target()))).toMatchObject({
      code: 'source_too_large',
      retry: false,
    });
  });

  it('an endless body is cut off at the limit', async () => {
    let sent = 0;
    const server = await serve((_request, response) => {
      const push = () => {
        while (!response.destroyed) {
          sent += 65_536;
          if (!response.write(Buffer.alloc(65_536))) break;
        }
      };
      response.on('drain', push);
      push();
    });
    const counted: number[] = [];
    const error = await failure(
      fetcher().download(server.url, target(), { maxBytes: 200_000, onBytes: (n) => counted.push(n) }),
    );
    expect(error).toMatchObject({ code: 'source_too_large', message: expect.stringContaining('200000 bytes') });
    expect(counted.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(200_000);
    expect(sent).toBeLessThan(50_000_000);
  });

  it('the limit of a download cannot exceed the limit of the fetcher', async () => {
    const server = await serve((_request, response) => response.end('x'.repeat(2000)));
    const error = await failure(fetcher({ maxBytes: 1000 }).download(server.url, target(), { maxBytes: 5000 }));
    expect(error.code).toBe('source_too_large');
  });
});

describe('slow sources', () => {
  it('a source that never responds fails at the deadline', async () => {
    const server = await serve(() => {});
    const error = await failure(fetcher().download(server.url, target(), { deadlineMs: 200 }));
    expect(error).toMatchObject({ code: 'source_timeout', retry: true });
  });

  it('a source that drips its headers fails before the deadline', async () => {
    const server = await listen(
      tcpServer((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write('x: y\r\n'), 20);
        socket.on('close', () => clearInterval(timer));
      }),
    );
    const error = await failure(fetcher({ headersTimeoutMs: 100 }).download(server.url, target()));
    expect(error).toMatchObject({ code: 'source_timeout', message: 'The source did not respond in time.' });
  });

  it('a source that stops sending fails at the minimum rate', async () => {
    const server = await serveRaw('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nstart', false);
    const error = await failure(fetcher({ minBytesPerSecond: 1, rateWindowMs: 100 }).download(server.url, target()));
    expect(error).toMatchObject({ code: 'source_timeout', message: 'The source stopped sending.' });
  });

  it('a source that drips fails at the minimum rate, long before the deadline', async () => {
    const server = await serve((_request, response) => {
      const timer = setInterval(() => response.write('drip'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const error = await failure(
      fetcher({ minBytesPerSecond: 10_000, rateWindowMs: 150, deadlineMs: 20_000 }).download(server.url, target()),
    );
    expect(error).toMatchObject({ code: 'source_timeout', message: 'The source sends too slowly.' });
  });

  it('a source that sends a burst and then trickles also fails at the minimum rate', async () => {
    const server = await serve((_request, response) => {
      response.write(Buffer.alloc(500_000));
      const timer = setInterval(() => response.write('drip'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const error = await failure(
      fetcher({ minBytesPerSecond: 10_000, rateWindowMs: 150, deadlineMs: 5000 }).download(server.url, target()),
    );
    expect(error.message).toBe('The source sends too slowly.');
  });

  it('a steady source above the minimum rate succeeds', async () => {
    const server = await serve((_request, response) => {
      let left = 15;
      const timer = setInterval(() => {
        response.write('x'.repeat(2000));
        if (--left === 0) {
          clearInterval(timer);
          response.end();
        }
      }, 20);
    });
    const result = await fetcher({ minBytesPerSecond: 1000, rateWindowMs: 150 }).download(server.url, target());
    expect(result.bytes).toBe(30_000);
  });

  it('a resolver that never responds fails at the deadline', async () => {
    const lookup = () => new Promise<never>(() => {});
    const error = await failure(fetcher({ lookup }).download('http://slow.example/', target(), { deadlineMs: 200 }));
    expect(error.code).toBe('source_timeout');
  });

  it('the deadline covers all redirects together', async () => {
    const server = await serve((_request, response) => {
      setTimeout(() => response.writeHead(302, { location: '/next' }).end(), 150);
    });
    const error = await failure(fetcher().download(server.url, target(), { deadlineMs: 250 }));
    expect(error.code).toBe('source_timeout');
  });
});

describe('the cancel of a download', () => {
  it('ends a transfer immediately and closes the connection', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const server = await serve((_request, response) => {
      response.write('start');
      closed = once(response, 'close');
    });
    const controller = new AbortController();
    const download = fetcher().download(server.url, target(), {
      signal: controller.signal,
      onBytes: () => controller.abort(),
    });
    expect(await failure(download)).toMatchObject({ code: 'canceled', retry: false });
    await closed;
  });

  it('ends a request without a response and a DNS lookup, and prevents a download that was aborted beforehand', async () => {
    const server = await serve(() => controllers.shift()?.abort());
    const first = new AbortController();
    const controllers = [first];
    expect((await failure(fetcher().download(server.url, target(), { signal: first.signal }))).code).toBe('canceled');

    const second = new AbortController();
    const lookup = () => {
      setImmediate(() => second.abort());
      return new Promise<never>(() => {});
    };
    const looking = fetcher({ lookup }).download('http://slow.example/', target(), { signal: second.signal });
    expect((await failure(looking)).code).toBe('canceled');

    const seen = server.connections();
    const before = fetcher().download(server.url, target(), { signal: AbortSignal.abort() });
    expect((await failure(before)).code).toBe('canceled');
    expect(server.connections()).toBe(seen);
  });
});

describe('the destination file', () => {
  it('is never overwritten or removed if it already exists', async () => {
    await writeFile(target(), 'precious');
    const server = await serve((_request, response) => response.end('new'));
    await expect(fetcher().download(server.url, target())).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(target(), 'utf8')).toBe('precious');
    expect(server.connections()).toBe(0);
  });

  it('the destination file in a folder without write access causes a local error, not an error of the source', async () => {
    await chmod(folder, 0o555);
    await withoutRoot(async () => {
      await expect(fetcher().download('http://127.0.0.1:1/', target())).rejects.toMatchObject({ code: 'EACCES' });
    });
  });
});

describe('an HTTPS source', () => {
  const certificate = () =>
    generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
      ],
    });

  it('is fetched by name and by address when its certificate is valid', async () => {
    const { cert, private: key } = await certificate();
    const server = await listen(httpServer((_request, response) => response.end('sealed'), { cert, key }));
    await fetcher({ ca: cert }).download(`https://localhost:${server.port}/`, target());
    await fetcher({ ca: cert }).download(server.url, join(folder, 'by-address'));
    expect(await readFile(join(folder, 'by-address'), 'utf8')).toBe('sealed');
  });

  it('is rejected when its certificate is untrusted or for another name', async () => {
    const { cert, private: key } = await certificate();
    let requests = 0;
    const handler: RequestHandler = (_request, response) => {
      requests++;
      response.end('sealed');
    };
    const server = await listen(httpServer(handler, { cert, key }));
    const lookup = async () => [{ address: '127.0.0.1', family: 4 }];
    for (const [options, url] of [
      [{}, server.url],
      [{ ca: cert, lookup }, `https://other.example:${server.port}/`],
    ] as const) {
      const error = await failure(fetcher(options).download(url, target()));
      expect(error).toMatchObject({ code: 'source_unreachable', retry: false });
      expect(error.message).toContain('certificate');
    }
    expect(requests).toBe(0);
  });

  it('is never downgraded to HTTP by a redirect', async () => {
    const { cert, private: key } = await certificate();
    const plain = await serve((_request, response) => response.end('plain'));
    const redirect: RequestHandler = (_request, response) => response.writeHead(302, { location: plain.url }).end();
    const server = await listen(httpServer(redirect, { cert, key }));
    const error = await failure(fetcher({ ca: cert }).download(server.url, target()));
    expect(error.code).toBe('source_refused');
    expect(plain.connections()).toBe(0);
  });
});
