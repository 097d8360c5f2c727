import { ensureAccount } from '../../src/accounts/accounts.ts';
import { createKey } from '../../src/accounts/keys.ts';
import { databaseUrl } from '../../src/cli/database-url.ts';
import { readConfig } from '../../src/config/config.ts';
import { createKeyBody } from '../../src/contract/keys.ts';
import { openPool } from '../../src/database/pool.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import type { TestService } from '../service.ts';

/** Creates an account with a key for each name in the database, because a command for each of 40 accounts would take a minute. */
export async function makeAccounts(service: TestService, names: readonly string[]): Promise<string[]> {
  const config = readConfig({ AIRLOCK_DATA_DIR: service.dataDir });
  const url = databaseUrl(config, await loadSecrets(service.dataDir), 'owner');
  const pool = openPool(url, { max: 1, role: 'test', onError: () => {} });
  try {
    const keys: string[] = [];
    for (const name of names) {
      const made = await pool.db.transaction().execute(async (tx) => {
        const { id } = await ensureAccount(tx, name, 'cli');
        return createKey(tx, id, createKeyBody.parse({ name: 'test' }), { actor: 'cli' });
      });
      keys.push(made.raw);
    }
    return keys;
  } finally {
    await pool.close();
  }
}
