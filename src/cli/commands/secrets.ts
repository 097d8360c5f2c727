import type { Config } from '../../config/config.ts';
import { loadSecrets, type Secrets } from '../../supervisor/secrets.ts';
import { UsageError } from '../exit.ts';

const STORAGE: readonly (keyof Secrets)[] = ['storageAccessKeyId', 'storageSecretKey'];

/** The secrets that each role needs. No role needs the passwords of the embedded database. */
const NEEDED: Readonly<Record<string, readonly (keyof Secrets)[]>> = {
  api: [...STORAGE, 'vaultKey', 'signingKey'],
  worker: [...STORAGE, 'vaultKey'],
  gateway: STORAGE,
};

/** Prints the `secrets.json` of a single role. */
export async function secretsCommand(config: Config, options: { for: string }): Promise<void> {
  const names = Object.hasOwn(NEEDED, options.for) ? NEEDED[options.for] : undefined;
  if (!names) throw new UsageError(`--for must be one of ${Object.keys(NEEDED).join(', ')}.`);
  const secrets = await loadSecrets(config.dataDir);
  const part = Object.fromEntries(names.map((name) => [name, secrets[name]]));
  process.stdout.write(`${JSON.stringify(part, null, 2)}\n`);
}
