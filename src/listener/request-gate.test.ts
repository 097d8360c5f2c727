import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../testkit/until.ts';
import { gateRequests, type Rejection } from './request-gate.ts';

const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nhost: a\r\n';

describe('the gate of a listener', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  async function start(listener: RequestListener, perMinute = 1_000_000) {
    const rejections: Rejection[] = [];
    const server = createServer(listener);
    const pipelined: Socket[] = [];
    const unsent: Socket[] = [];
    gateRequests(server, {
      perMinute,
      addressOf: ({ socket }) => socket.remoteAddress!,
      closePipelined: (socket) => {
        pipelined.push(socket);
        socket.destroy();
      },
      onUnsent: (socket) => unsent.push(socket),
      reject: (_request, response, rejection) => {
        rejections.push(rejection);
        response.writeHead(rejection.reason === 'rate' ? 429 : 417, { 'content-length': 0 }).end();
      },
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      rejections,
      pipelined,
      unsent,
      server,
      /** Sends bytes on a new connection, and collects the bytes of the response. */
      send(bytes: string, localAddress = '127.0.0.1') {
        const { port } = server.address() as AddressInfo;
        const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {});
        sockets.push(socket);
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk;
        });
        socket.write(bytes);
        return {
          socket,
          received: (part: string | RegExp) =>
            until(() => (text.match(part) ? text : null), { what: `${part}`, timeoutMs: 10_000 }),
          closed: () => until(() => socket.closed, { what: 'the end of the connection', timeoutMs: 10_000 }),
        };
      },
    };
  }

  it('starts a request after the responses to the earlier requests of its connection', async () => {
    const running: string[] = [];
    const ends: (() => void)[] = [];
    const { send } = await start((request, response) => {
      running.push(request.url!);
      ends.push(() => response.end(`<${request.url}>`));
    });
    const client = send(['/1', '/2', '/3'].map((path) => GET.replace('/ ', `${path} `)).join(''));
    for (const path of ['/1', '/2', '/3']) {
      await until(() => running.at(-1) === path, { what: path });
      expect(running.length).toBe(Number(path[1]));
      ends.at(-1)!();
    }
    expect(await client.received('</3>')).toMatch(/<\/1>[\s\S]*<\/2>[\s\S]*<\/3>/);
  });

  it('closes a connection that sends a thousand requests at once, after starting one request and parsing fewer than twenty', async () => {
    let [started, parsed] = [0, 0];
    const { pipelined, send, server } = await start(() => {
      started++;
    });
    server.on('request', () => {
      parsed++;
    });
    await send(GET.repeat(1000)).closed();
    expect(started).toBe(1);
    expect(parsed).toBeLessThan(20);
    expect(pipelined).toHaveLength(1);
  });

  it('sends 100 Continue when the body is read, and serves requests that expect 100 Continue but have no body', async () => {
    const { send } = await start((request, response) => {
      if (request.method === 'GET') return response.end('no body');
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => response.end(`<${body}>`));
    });
    const upload = send(`${POST}expect: 100-continue\r\ncontent-length: 4\r\n\r\n`);
    await upload.received('100 Continue');
    upload.socket.write(`body${GET}`);
    expect(await upload.received('no body')).toContain('<body>');
    const empty = send(GET.replace('\r\n\r\n', '\r\nexpect: 100-continue\r\n\r\n'));
    expect(await empty.received('no body')).not.toContain('100 Continue');
  });

  it('closes the connection if the response is sent before the expected body is read', async () => {
    const { send, unsent } = await start((_request, response) => response.writeHead(401).end());
    const client = send(`${POST}expect: 100-continue\r\ncontent-length: 4\r\n\r\n`);
    expect(await client.received(/401[\s\S]*\r\n\r\n/)).toMatch(/connection: close/i);
    await client.closed();
    expect(unsent).toHaveLength(1);
  });

  it('rejects a request with an unknown expectation', async () => {
    const { send, rejections } = await start((_request, response) => response.end());
    await send(GET.replace('\r\n\r\n', '\r\nexpect: a miracle\r\n\r\n')).received('417');
    expect(rejections).toEqual([{ reason: 'expectation' }]);
  });

  it('rejects requests beyond the limit of an address before their bodies arrive, and serves other addresses', async () => {
    const { send, rejections } = await start((_request, response) => response.end('served'), 2);
    const began = performance.now();
    await send(GET + GET).received(/served[\s\S]*served/);
    await send(`${POST}content-length: 9\r\n\r\n`).received('429');
    const passed = (performance.now() - began) / 1000;
    await send(`${POST}expect: 100-continue\r\ncontent-length: 9\r\n\r\n`).received(/^HTTP\/1.1 429/);
    expect(rejections[0]).toEqual({ reason: 'rate', limit: 2, retryAfterSeconds: expect.any(Number) });
    const { retryAfterSeconds } = rejections[0] as { retryAfterSeconds: number };
    expect([retryAfterSeconds <= 30, retryAfterSeconds >= Math.ceil(30 - passed)]).toEqual([true, true]);
    await send(GET, '127.0.0.2').received('served');
  });

  it('stops reading the bodies of rejected requests once their address has sent many bodies', async () => {
    const bodies: Socket[] = [];
    const { send, server, unsent } = await start((_request, response) =>
      response.writeHead(401, { 'content-length': 0 }).end(),
    );
    server.on('connection', (socket) => bodies.push(socket));
    const body = 'x'.repeat(2 ** 20);
    for (let count = 0; count < 8; count++) {
      const client = send(`${POST}content-length: ${body.length}\r\n\r\n${body}`);
      await client.received('401');
      await until(() => bodies.at(-1)!.bytesRead > body.length, { what: 'a body that is read' });
    }
    const client = send(`${POST}content-length: ${body.length}\r\n\r\n${body}`);
    await client.received('401');
    await client.closed();
    expect(bodies.at(-1)!.bytesRead).toBeLessThan(256 * 1024);
    expect(unsent).toEqual([bodies.at(-1)]);
    await send(GET, '127.0.0.2').received('401');
  });

  it.each([
    ['chunked', 'transfer-encoding: chunked', `400\r\n${'x'.repeat(1024)}\r\n`],
    ['long', 'content-length: 99999999999', 'x'.repeat(1024)],
  ])('closes a connection whose %s body continues after the response', async (_what, header, piece) => {
    const { send, unsent } = await start((_request, response) =>
      response.writeHead(401, { 'content-length': 0 }).end(),
    );
    const client = send(`${POST}${header}\r\n\r\n`);
    await client.received('401');
    const write = () => {
      while (!client.socket.destroyed && client.socket.write(piece.repeat(64)));
    };
    client.socket.on('drain', write);
    write();
    await client.closed();
    expect(unsent).toHaveLength(1);
  });
});
