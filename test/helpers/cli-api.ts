import { rm } from 'node:fs/promises';
import { makeDataDir } from '../../testkit/data-directory.ts';
import { runCli } from '../../testkit/service.ts';
import { startApi, type TestApi } from './api.ts';
import { runCommand } from './run-command.ts';

/** The CLI and the API in this process, with the same database. */
export interface CliAlongsideApi {
  api: TestApi;
  /** Runs a command in this process, which takes a tenth of the time of a separate process. */
  cli(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }>;
  /** Runs a command of the build in a separate process. */
  builtCli(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }>;
  /** Creates a key with the CLI. */
  makeKey(...args: string[]): Promise<{ id: string; key: string }>;
  /** Sends a request to the API with this key, and returns the status. */
  statusWith(key: string, method?: string, path?: string, body?: unknown): Promise<number>;
  close(): Promise<void>;
}

export async function startCliAlongsideApi(): Promise<CliAlongsideApi> {
  const [api, dataDir] = await Promise.all([startApi(), makeDataDir()]);
  const env = { AIRLOCK_DATABASE_URL: api.database.url, AIRLOCK_DATA_DIR: dataDir };
  const cli = (...args: string[]) => runCommand(args, env);
  return {
    api,
    cli,
    builtCli: (...args) => runCli(args, { ...process.env, ...env }),
    async makeKey(...args) {
      const made = await cli('keys', 'create', '--name', 'a key', '--json', ...args);
      if (made.code !== 0) throw new Error(made.stderr);
      return JSON.parse(made.stdout);
    },
    async statusWith(key, method = 'GET', path = '/v1/transcodes', body) {
      return (await api.call(method, path, body, { authorization: `Bearer ${key}` })).status;
    },
    async close() {
      await api.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
