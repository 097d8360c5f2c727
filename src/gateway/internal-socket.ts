import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { ACCEPT_BACKLOG } from '../net/listener-limits.ts';

/**
 * A Unix socket for Airlock's own roles, so that unauthenticated clients cannot exhaust their connections. Signatures
 * are checked there, too.
 */
export interface InternalSocket {
  path: string;
  /** Permissions for other accounts to connect, besides those of its folder. */
  mode: number;
}

/** Listens on the socket; one that a killed gateway left is replaced. Rejects with EADDRINUSE when another one serves it. */
export async function listenOnSocket(server: Server, { path, mode }: InternalSocket): Promise<void> {
  if (await answers(path)) {
    throw Object.assign(new Error(`another gateway serves ${path}`), { code: 'EADDRINUSE', syscall: 'listen' });
  }
  await rm(path, { force: true });
  server.listen({ path, backlog: ACCEPT_BACKLOG });
  await once(server, 'listening');
  await chmod(path, mode);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
