import type { Config } from '../../config/config.ts';
import { loadSecrets, type Secrets } from '../../supervisor/secrets.ts';
import { UsageError } from '../exit.ts';

const STORAGE: readonly (keyof Secrets)[] = ['storageAccessKeyId', 'storageSecretKey'];

/** What a role cannot work without when others have the rest: the passwords of the embedded database are in none. */
const NEEDED: Readonly<Record<string, readonly (keyof Secrets)[]>> = {
  api: [...STORAGE, 'vaultKey', 'signingKey'],
  worker: [...STORAGE, 'vaultKey'],
  gateway: STORAGE,
};

/** Prints a `secrets.json` for one role alone. */
export async function secretsCommand(config: Config, options: { for: string }): Promise<void> {
  const names = Object.hasOwn(NEEDED, options.for) ? NEEDED[options.for] : undefined;
  if (!names) throw new UsageError(`--for takes ${Object.keys(NEEDED).join(', ')}.`);
  const secrets = await loadSecrets(config.dataDir);
  const part = Object.fromEntries(names.map((name) => [name, secrets[name]]));
  process.stdout.write(`${JSON.stringify(part, null, 2)}\n`);
}
