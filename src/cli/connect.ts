import { Airlock, AirlockError } from '../../sdk/src/index.ts';
import type { Config } from '../config/config.ts';
import type { Scope } from '../contract/keys.ts';
import { openFetch } from './exchange-fetch.ts';
import { EXIT, UnavailableError } from './exit.ts';
import { findServer } from './find-server.ts';
import type { CommandKey, Server } from './local-server.ts';

export interface ConnectOptions {
  /** Scopes of the key that is created for this command. Applies only to a local server. */
  scopes: readonly Scope[];
  /** The account whose resources the command uses. Applies only to a local server. */
  account?: string | undefined;
  /** Name and lifetime of the key that is created for this command. Applies only to a local server. */
  key?: CommandKey;
  /** Whether to start a service for this command if no service runs. */
  start?: boolean;
  /** Called if Ctrl-C ended the command, after the cleanup. */
  onInterrupt?(): void;
}

export interface Connection {
  airlock: Airlock;
  server: Pick<Server, 'url' | 'key' | 'keepKey'>;
  /** Aborts at the first Ctrl-C. */
  signal: AbortSignal;
  /** Fetches signed URLs. Trusts the certificate of a local server. */
  fetch: typeof fetch;
}

/**
 * Finds the server, runs `work` with a client, and cleans up. Returns the exit code of `work`, or 130 if Ctrl-C ended it. The first Ctrl-C
 * interrupts `work`, the second skips the wait for a service that this command has started, and the third exits the process.
 */
export async function connect(
  config: Config,
  options: ConnectOptions,
  work: (connection: Connection) => Promise<number>,
): Promise<number> {
  const interrupted = new AbortController();
  const immediate = new AbortController();
  const onSignal = () => {
    if (immediate.signal.aborted) process.exit(EXIT.interrupted);
    if (interrupted.signal.aborted) immediate.abort();
    interrupted.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // The terminal was closed. Nothing reads the output any more, but the cleanup must still run.
  process.on('SIGHUP', () => {
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    onSignal();
  });
  const { signal } = interrupted;
  try {
    const server = await findServer(config, { ...options, signal, immediate: immediate.signal });
    const { fetch, close } = openFetch(server.ca);
    try {
      const client = { url: server.url, key: server.key, fetch };
      // Does not retry, because a user who mistyped an address should get the error immediately.
      await new Airlock({ ...client, retries: 0 }).request('GET', '/livez', { signal });
      return await work({ airlock: new Airlock(client), server, signal, fetch });
    } finally {
      close();
      await server.close();
    }
  } catch (error) {
    if (signal.aborted) {
      options.onInterrupt?.();
      return EXIT.interrupted;
    }
    if (error instanceof AirlockError && error.code === 'unreachable') throw unreachable(error);
    throw error;
  }
}

function unreachable({ message }: AirlockError): UnavailableError {
  return new UnavailableError(message.replace('Check the URL,', 'Check AIRLOCK_URL,'));
}
