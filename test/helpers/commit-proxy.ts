import { once } from 'node:events';
import { type AddressInfo, connect as dial, type Socket } from 'node:net';
import { join } from 'node:path';
import { tcpServer } from '../../testkit/servers.ts';

/** A proxy in front of a database that can lose the response to a statement, after the server has run the statement. */
export interface CommitProxy {
  /** Address for clients of the proxy. */
  url: string;
  /**
   * Breaks the connection of the next statement of this kind, such as `COMMIT` or `INSERT`, instead of passing on its response. The server
   * still runs the statements that it has already received. Resolves when the connection is broken.
   */
  loseNext(command: string): Promise<void>;
  /** Number of COMMITs that the server has run. */
  readonly commits: number;
  close(): Promise<void>;
}

const COMMAND_COMPLETE = 'C'.charCodeAt(0);
const HEADER_BYTES = 5;

export async function openCommitProxy(databaseUrl: string): Promise<CommitProxy> {
  const url = new URL(databaseUrl);
  const path = join(url.searchParams.get('host')!, `.s.PGSQL.${url.port}`);
  const sockets = new Set<Socket>();
  let commits = 0;
  let lost: { command: string; done: () => void } | null = null;
  const server = tcpServer((client) => {
    const database = dial(path);
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        database.destroy();
      });
    }
    client.pipe(database);
    const read = createReader((tag) => {
      const [command] = tag.split(/[ \0]/);
      if (command === 'COMMIT') commits += 1;
      if (lost === null || command !== lost.command) return true;
      lost.done();
      lost = null;
      return false;
    });
    database.on('data', (data) => {
      const passed = read(data);
      if (passed === null) client.destroy();
      else client.write(passed);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url.searchParams.delete('host');
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.toString(),
    get commits() {
      return commits;
    },
    loseNext: (command) =>
      new Promise((done) => {
        lost = { command, done };
      }),
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * Returns a function that takes the server's bytes and returns the complete messages among them. Returns null if `onTag` rejects the tag of
 * a completed command.
 */
function createReader(onTag: (tag: string) => boolean): (data: Buffer) => Buffer | null {
  let rest = Buffer.alloc(0);
  return (data) => {
    rest = Buffer.concat([rest, data]);
    let end = 0;
    while (rest.length - end >= HEADER_BYTES) {
      const size = 1 + rest.readUInt32BE(end + 1);
      if (rest.length - end < size) break;
      const tag = rest.toString('latin1', end + HEADER_BYTES, end + size - 1);
      if (rest[end] === COMMAND_COMPLETE && !onTag(tag)) return null;
      end += size;
    }
    const passed = rest.subarray(0, end);
    rest = rest.subarray(end);
    return passed;
  };
}
