import { EXIT } from './exit.ts';

/** An error of `listen`. For a TCP port, it contains the port. For a Unix socket, `address` is the path of the socket. */
type ListenError = NodeJS.ErrnoException & { address?: string; port?: number; hostname?: string };

interface Fault {
  message: string;
  exitCode: number;
}

/** Returns the reason why a process cannot listen, and the remedy. Returns null for any other error. */
export function listenFault(error: Error): Fault | null {
  const { code = '', syscall, address = '', port, hostname, path } = error as ListenError & { path?: string };
  if (code === 'EADDRINUSE') return { message: inUse(address, port), exitCode: EXIT.unavailable };
  if (code === 'ENOTFOUND' && hostname !== undefined && hostname === process.env.AIRLOCK_HOST) {
    return config(`AIRLOCK_HOST: "${hostname}" is not an address of this machine. Write an address like 127.0.0.1`);
  }
  if (syscall !== 'listen') return null;
  if (address.startsWith('/')) {
    return config(
      `AIRLOCK_STORAGE_SOCKET: ${path ?? address} cannot be created (${code}). Choose a path in a folder that this account can write to`,
    );
  }
  if (code === 'EACCES') {
    return config(`Port ${port} needs rights that this account does not have. Choose a port above 1023`);
  }
  return config(`AIRLOCK_HOST: this machine cannot listen on ${address} (${code}). Write an address of this machine`);
}

function config(message: string): Fault {
  return { message, exitCode: EXIT.config };
}

function inUse(address: string, port: number | undefined): string {
  if (port === undefined || port < 0) {
    return `Another process uses the socket ${address}. Stop that process, or set AIRLOCK_STORAGE_SOCKET.`;
  }
  return `Port ${port} on ${address} is in use. Stop what uses it, or set AIRLOCK_PORT, AIRLOCK_STORAGE_PORT and AIRLOCK_METRICS_PORT.`;
}
