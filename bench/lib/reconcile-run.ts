/** Program that the case `reconcile` runs in a separate process. Compares a synthetic list of a storage with rows, and prints the cost. */
import { openPool } from '../../src/database/pool.ts';
import { createRowGuard } from '../../src/database/row-guard.ts';
import type { JobsContext } from '../../src/jobs/kind.ts';
import { reconcileStorage } from '../../src/jobs/reconcile.ts';
import { kinds } from '../../src/kinds/registry.ts';
import type { ListedObject } from '../../src/storage/types.ts';

const [url, count, gap] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const MIB = 2 ** 20;
const lastModified = new Date(Date.now() - 86_400_000);

/**
 * Lists all keys of the rows, but replaces every `gap`th key with an unknown key. So the number of missing keys equals the number of
 * unknown keys.
 */
async function* list(): AsyncGenerator<ListedObject> {
  for (let number = 1; number <= count; number++) {
    const name = `outputs/${number.toString(16).padStart(12, '0')}`;
    yield { key: number % gap === 0 ? `${name}-unknown` : name, size: 1, lastModified };
  }
}

let deleted = 0;
const pool = openPool(url, { max: 2, role: 'bench', onError: () => {} });
const rows = createRowGuard({ ping: async () => {}, onFailure: ({ error }) => console.error(error) });
const store = {
  list,
  head: async () => null,
  deleteMany: async (keys: string[]) => {
    deleted += keys.length;
    return { deleted: keys, failed: new Map() };
  },
};
await pool.pg.query('SELECT 1');
const before = process.memoryUsage.rss();
let most = before;
const timer = setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss());
}, 10);
const started = performance.now();
const report = await reconcileStorage({ db: pool.db, store, kinds, rows } as unknown as JobsContext);
const seconds = (performance.now() - started) / 1000;
clearInterval(timer);
most = Math.max(most, process.memoryUsage.rss());
process.stdout.write(JSON.stringify({ ...report, deleted, seconds, before: before / MIB, most: most / MIB }));
await pool.close();
