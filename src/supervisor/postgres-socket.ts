import { join } from 'node:path';
import { folderForSocket } from './socket-folder.ts';

/** Names the socket only; nothing listens on TCP. */
export const POSTGRES_PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${POSTGRES_PORT}`;

export function socketPath(folder: string): string {
  return join(folder, SOCKET_NAME);
}

/** Where the socket of the server in `home` lies. */
export function socketFolderFor(home: string, uid: number, env: NodeJS.ProcessEnv = process.env): string {
  return folderForSocket(home, SOCKET_NAME, uid, env);
}
