import { join } from 'node:path';
import { folderForSocket } from './socket-folder.ts';

/** Port in the socket's name. Nothing listens on TCP. */
export const POSTGRES_PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${POSTGRES_PORT}`;

export function socketPath(folder: string): string {
  return join(folder, SOCKET_NAME);
}

/** Returns the folder of the socket of the server in `home`. */
export function socketFolderFor(home: string, uid: number, env: NodeJS.ProcessEnv = process.env): string {
  return folderForSocket(home, SOCKET_NAME, uid, env);
}
