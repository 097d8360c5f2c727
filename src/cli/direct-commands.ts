import { type Config, readConfig } from '../config/config.ts';

/*
 * Commands without arguments and options, with which each process of a service starts. The program runs them without the
 * parser of the command line, whose 60 commands with 200 options would use 10 ms of each process (docs/decisions/0063-…).
 */

type DirectCommand = () => Promise<void>;

export const DIRECT_COMMANDS = {
  up: async () => (await import('./commands/up.ts')).up(readConfig()),
  api: async () => (await import('./roles/api.ts')).runApi(await roleConfig()),
  worker: async () => (await import('./roles/worker.ts')).runWorker(await roleConfig()),
  gateway: async () => (await import('./roles/gateway.ts')).runGateway(await roleConfig()),
} satisfies Record<string, DirectCommand>;

/** The command that these arguments consist of, if it needs no parser. @param args without the program */
export function findDirectCommand(args: readonly string[]): DirectCommand | null {
  const [name = '', ...others] = args;
  if (others.length > 0 || !Object.hasOwn(DIRECT_COMMANDS, name)) return null;
  return DIRECT_COMMANDS[name as keyof typeof DIRECT_COMMANDS];
}

/** A role that runs alone may be the first to use its data directory. */
export async function roleConfig(): Promise<Config> {
  const { prepareDataDir } = await import('../supervisor/data-dir.ts');
  const config = readConfig();
  return { ...config, dataDir: await prepareDataDir(config.dataDir) };
}
