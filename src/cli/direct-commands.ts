import { type Config, readConfig } from '../config/config.ts';

/*
 * The commands that start the processes of a service. They have no arguments and no options, so the program runs them without the
 * command-line parser. The parser's 60 commands and 200 options would take 10 ms in each process
 * (docs/decisions/0063-what-a-start-runs.md).
 */

type DirectCommand = () => Promise<void>;

export const DIRECT_COMMANDS = {
  up: async () => (await import('./commands/up.ts')).up(readConfig()),
  api: async () => (await import('./roles/api.ts')).runApi(await roleConfig()),
  worker: async () => (await import('./roles/worker.ts')).runWorker(await roleConfig()),
  gateway: async () => (await import('./roles/gateway.ts')).runGateway(await roleConfig()),
} satisfies Record<string, DirectCommand>;

/**
 * Returns the command if `args` contains only the name of a direct command, otherwise null.
 * @param args the arguments of the program
 */
export function findDirectCommand(args: readonly string[]): DirectCommand | null {
  const [name = '', ...others] = args;
  if (others.length > 0 || !Object.hasOwn(DIRECT_COMMANDS, name)) return null;
  return DIRECT_COMMANDS[name as keyof typeof DIRECT_COMMANDS];
}

/** Reads the settings and prepares the data directory, because a role that runs alone may be the first to use the directory. */
export async function roleConfig(): Promise<Config> {
  const { prepareDataDir } = await import('../supervisor/data-dir.ts');
  const config = readConfig();
  return { ...config, dataDir: await prepareDataDir(config.dataDir) };
}
