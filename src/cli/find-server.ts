import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { UsageError } from './exit.ts';
import type { Server, ServerOptions } from './local-server.ts';

/**
 * Returns the server for a command: the server in AIRLOCK_URL and AIRLOCK_API_KEY, otherwise a local server. Only a local server requires
 * loading the database and the supervisor, which takes twice as long as the rest of a command.
 */
export async function findServer(
  config: Config,
  options: ServerOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Server> {
  const { AIRLOCK_URL: url, AIRLOCK_API_KEY: key } = env;
  if (!url && !key) return (await import('./local-server.ts')).findLocalServer(config, options, env);
  if (!url || !key) {
    throw new ConfigError(url ? 'AIRLOCK_API_KEY' : 'AIRLOCK_URL', 'is missing', 'Set both, or neither');
  }
  if (options.account)
    throw new UsageError(
      '--account works only with the service on this machine. AIRLOCK_API_KEY belongs to one account.',
    );
  return { url, key, close: async () => {} };
}
