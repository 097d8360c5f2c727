import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { listen, tcpServer } from '../../testkit/servers.ts';
import { startSource } from '../../testkit/source-server.ts';

describe('a server of the tests', () => {
  it('reports no error of a handler that awaits the body of a request that the client aborts', async () => {
    const bodies: Promise<unknown>[] = [];
    const server = await startSource((request) => {
      const body = buffer(request);
      bodies.push(body.catch((error) => error));
      return body;
    });
    const client = connect(server.port, '127.0.0.1');
    client.write('PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf', () => client.destroy());
    await expect.poll(() => bodies).toHaveLength(1);
    expect(await bodies[0]).toMatchObject({ code: 'ECONNRESET' });
    await server.close();
    expect(server.faults).toEqual([]);
  });

  it('closes the connection of a handler that throws, and throws the error when the server is closed', async () => {
    const server = await startSource(async () => {
      throw new TypeError('a mistake in a test');
    });
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
    expect(server.faults).toMatchObject([{ message: 'a mistake in a test' }]);
    await expect(server.close()).rejects.toThrow('a mistake in a test');
  });

  it('survives a handler of connections that throws, and a client that resets its connection', async () => {
    const server = await listen(tcpServer((socket) => Promise.reject(new Error(`no ${socket.remoteFamily}`))));
    const client = connect(server.port, '127.0.0.1', () => client.resetAndDestroy());
    await new Promise((closed) => client.once('close', closed));
    await expect.poll(() => server.faults).toHaveLength(1);
    await expect(server.close()).rejects.toThrow('no IPv4');
  });
});
