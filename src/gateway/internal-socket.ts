import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { ACCEPT_BACKLOG } from '../listener/listener-limits.ts';

/**
 * A Unix socket for internal roles, so that unauthenticated clients cannot use up the connections of these roles. Requests on the socket
 * must also be signed.
 */
export interface InternalSocket {
  path: string;
  /** File mode. The mode and the permissions of the folder determine which system accounts may connect. */
  mode: number;
}

/** Listens on the socket. Replaces a stale socket. Rejects with EADDRINUSE if another gateway uses the socket. */
export async function listenOnSocket(server: Server, { path, mode }: InternalSocket): Promise<void> {
  if (await accepts(path)) {
    throw Object.assign(new Error(`another gateway serves ${path}`), { code: 'EADDRINUSE', syscall: 'listen' });
  }
  await rm(path, { force: true });
  server.listen({ path, backlog: ACCEPT_BACKLOG });
  await once(server, 'listening');
  await chmod(path, mode);
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (connected: boolean) => {
      socket.destroy();
      resolve(connected);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
