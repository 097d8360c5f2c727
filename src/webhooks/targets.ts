import { selectOverlapEnd } from '../accounts/webhook-secret.ts';
import type { DeliveryError } from '../contract/webhooks.ts';
import type { Context } from '../database/context.ts';
import type { Db } from '../database/pool.ts';
import { openColumn } from '../database/sealed-columns.ts';
import type { Delivery } from './deliveries.ts';

/** The destination of a delivery. */
export interface Target {
  url: string;
  /** Secrets, each of which signs the delivery. */
  secrets: string[];
}

type TargetOf = (delivery: Delivery) => Target | { error: DeliveryError };

/**
 * Reads the webhooks of these deliveries, or the URLs of their jobs and batches with the secrets of the accounts. Returns a function that
 * finds the target of a delivery.
 */
export async function readTargets(
  { vault }: Pick<Context, 'vault'>,
  db: Db,
  deliveries: readonly Delivery[],
): Promise<TargetOf> {
  const own = deliveries.filter(({ webhook_id }) => webhook_id === null);
  const [webhooks, secrets, jobs, batches] = await Promise.all([
    readRows(deliveries, 'webhook_id', (ids) =>
      db.selectFrom('webhooks').selectAll().select(selectOverlapEnd).where('id', 'in', ids).execute(),
    ),
    readRows(own, 'account_id', (ids) =>
      db.selectFrom('webhook_secrets').selectAll().select(selectOverlapEnd).where('account_id', 'in', ids).execute(),
    ),
    readRows(own, 'job_id', (ids) => db.selectFrom('jobs').select(URL_COLUMNS).where('id', 'in', ids).execute()),
    readRows(own, 'batch_id', (ids) => db.selectFrom('batches').select(URL_COLUMNS).where('id', 'in', ids).execute()),
  ]);

  const targetOfWebhook = (id: string): ReturnType<TargetOf> => {
    const webhook = webhooks.find((row) => row.id === id);
    if (!webhook || webhook.disabled_at) return { error: 'webhook_disabled' };
    const url = openColumn(vault, 'webhooks', 'url_sealed', webhook)!;
    return { url, secrets: secretsOf(webhook, (column) => openColumn(vault, 'webhooks', column, webhook)) };
  };
  /** Returns the URL that a job or a batch names. Returns null once the URL has been erased. */
  const ownUrl = ({ job_id, batch_id }: Delivery): string | null => {
    const [table, rows] = batch_id ? (['batches', batches] as const) : (['jobs', jobs] as const);
    const row = rows.find(({ id }) => id === (batch_id ?? job_id));
    return row ? openColumn(vault, table, 'webhook_sealed', row) : null;
  };
  return (delivery) => {
    if (delivery.webhook_id) return targetOfWebhook(delivery.webhook_id);
    const url = ownUrl(delivery);
    const row = secrets.find(({ account_id }) => account_id === delivery.account_id);
    if (!url || !row) return { error: 'job_erased' };
    return { url, secrets: secretsOf(row, (column) => openColumn(vault, 'webhook_secrets', column, row)) };
  };
}

const URL_COLUMNS = ['id', 'account_id', 'webhook_sealed'] as const;

/** Reads the rows that a column of the deliveries names. If it names none, returns no rows without a query. */
async function readRows<Row>(
  deliveries: readonly Delivery[],
  column: 'webhook_id' | 'account_id' | 'job_id' | 'batch_id',
  read: (ids: string[]) => Promise<Row[]>,
): Promise<Row[]> {
  const ids = [...new Set(deliveries.flatMap((delivery) => delivery[column] ?? []))];
  return ids.length === 0 ? [] : read(ids);
}

function secretsOf(
  { overlap_end }: { overlap_end: Date | null },
  open: (column: 'secret_sealed' | 'old_secret_sealed') => string | null,
): string[] {
  const old = overlap_end ? open('old_secret_sealed') : null;
  return [open('secret_sealed'), old].filter((secret) => secret !== null);
}
