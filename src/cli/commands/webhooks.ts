import type { Schemas } from '../../../sdk/src/index.ts';
import type { Config } from '../../config/config.ts';
import { type Connection, connect } from '../connect.ts';
import { EXIT, UsageError } from '../exit.ts';
import { printList, write } from '../printing.ts';
import { dim, out } from '../style.ts';
import { type Column, table } from '../table.ts';
import { ago } from '../times.ts';

interface Common {
  json?: boolean;
  account?: string;
}
type Webhook = Schemas['Webhook'];
type Delivery = Schemas['Delivery'];

const WEBHOOKS: readonly Column<Webhook>[] = [
  { title: 'id', value: ({ id }) => id },
  { title: 'state', value: stateOf, paint: (cell, { enabled }) => (enabled ? out.green : out.red)(cell) },
  { title: 'types', value: ({ types }) => types?.join(',') ?? 'all', least: 12, drop: 1 },
  { title: 'url', value: ({ url }) => url, least: 24 },
  { title: 'description', value: ({ description }) => description, least: 12, drop: 2 },
];

const DELIVERIES: readonly Column<Delivery>[] = [
  { title: 'id', value: ({ id }) => id },
  { title: 'status', value: ({ status }) => status, paint: (cell, { status }) => paintDelivery(status)(cell) },
  { title: 'type', value: ({ type }) => type, least: 12 },
  { title: 'tries', value: ({ attempts }) => attempts, right: true, drop: 1 },
  { title: 'response', value: ({ response_status, error }) => response_status ?? error, drop: 0 },
  { title: 'sent', value: ({ attempted_at }) => attempted_at && ago(attempted_at), right: true, drop: 2 },
  { title: 'job', value: ({ job_id }) => job_id, drop: 3 },
];

const SCOPES = ['admin'] as const;

export function listWebhooksCommand(config: Config, options: Common): Promise<number> {
  return run(config, options, async ({ airlock }) => {
    const list = await airlock.call('get', '/v1/webhooks');
    if (options.json) write(JSON.stringify(list));
    else
      printList(
        table(list.items, WEBHOOKS, width(), out.bold),
        list.items.length,
        'No webhooks. Create one with ./airlock webhooks create URL',
      );
  });
}

export function createWebhookCommand(
  config: Config,
  url: string,
  options: Common & { types?: string; description?: string },
): Promise<number> {
  const types = options.types?.split(',').map((type) => type.trim()) as Schemas['CreateWebhookRequest']['types'];
  const { description } = options;
  return run(config, options, async ({ airlock }) => {
    const body = { url, ...(types && { types }), ...(description && { description }) };
    showSecret(await airlock.call('post', '/v1/webhooks', { body }), options);
  });
}

export function rotateWebhookCommand(
  config: Config,
  id: string,
  options: Common & { overlap: string },
): Promise<number> {
  const overlap = Number(options.overlap);
  if (!Number.isInteger(overlap) || overlap < 0)
    throw new UsageError('--overlap must be an integer number of seconds, such as 3600.');
  return run(config, options, async ({ airlock }) => {
    const body = { overlap_seconds: overlap };
    showSecret(await airlock.call('post', '/v1/webhooks/{id}/rotate', { path: { id }, body }), options);
  });
}

/** Prints the secret of a webhook. Writes only the secret to standard output, so that you can pipe it. */
function showSecret(webhook: Schemas['NewWebhook'], options: Common): void {
  if (options.json) {
    write(JSON.stringify(webhook));
    return;
  }
  process.stderr.write(dim('The secret is shown only once:\n'));
  write(out.bold(webhook.secret ?? ''));
  process.stderr.write(dim(`id ${webhook.id}. To test the webhook: ./airlock webhooks test ${webhook.id}\n`));
}

/** Sends a test to a webhook, and waits for the first attempt. Returns 1 unless the receiver has accepted the test. */
export async function testWebhookCommand(config: Config, id: string, options: Common): Promise<number> {
  return connect(config, { scopes: SCOPES, account: options.account }, async (connection) => {
    const { airlock } = connection;
    const queued = await airlock.call('post', '/v1/webhooks/{id}/test', { path: { id } });
    const sent = await firstAttempt(connection, id, queued.id);
    if (options.json) write(JSON.stringify(sent));
    else if (sent.status === 'delivered') write(`${out.green('✓')} The receiver returned ${sent.response_status}.`);
    else {
      const result = sent.response_status ?? sent.error;
      write(
        `${out.red('✗')} The receiver did not accept the test: ${result ?? 'no worker has sent it yet'}. Airlock retries it.`,
      );
      const where = `./airlock webhooks deliveries ${id} shows the retries`;
      const more = result ? `, and docs/webhooks-quickstart.md#when-a-delivery-fails explains ${result}` : '';
      process.stderr.write(dim(`${where}${more}\n`));
    }
    return sent.status === 'delivered' ? EXIT.ok : EXIT.failed;
  });
}

/** Maximum milliseconds to wait for the first attempt. A receiver has ten seconds to respond. */
const ATTEMPT_MS = 15_000;
const LOOK_AGAIN_MS = 250;

/** Returns the delivery after its first attempt, or as it is when the wait ends. Polls, because deliveries send no events. */
async function firstAttempt({ airlock, signal }: Connection, webhook: string, delivery: string): Promise<Delivery> {
  const end = Date.now() + ATTEMPT_MS;
  for (;;) {
    const { items } = await airlock.call('get', '/v1/webhooks/{id}/deliveries', { path: { id: webhook }, signal });
    const found = items.find(({ id }) => id === delivery);
    // The number of attempts shows only that an attempt has begun, so the result of the attempt is awaited.
    if (found && (found.response_status || found.error || Date.now() > end)) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    signal.throwIfAborted();
  }
}

export function deliveriesCommand(
  config: Config,
  id: string,
  options: Common & { status?: Delivery['status']; limit?: string; page?: string },
): Promise<number> {
  const { status, limit, page } = options;
  const query = {
    ...(status && { status }),
    ...(limit && { limit: Number(limit) }),
    ...(page && { page: Number(page) }),
  };
  return run(config, options, async ({ airlock }) => {
    const list = await airlock.call('get', '/v1/webhooks/{id}/deliveries', { path: { id }, query });
    if (options.json) write(JSON.stringify(list));
    else
      printList(
        table(list.items, DELIVERIES, width(), out.bold),
        list.items.length,
        'No deliveries in the last seven days.',
      );
  });
}

export function redeliverCommand(config: Config, id: string, options: Common): Promise<number> {
  return run(config, options, async ({ airlock }) => {
    const delivery = await airlock.call('post', '/v1/webhooks/deliveries/{id}/redeliver', { path: { id } });
    write(options.json ? JSON.stringify(delivery) : `${delivery.type} is sent again, as webhook-id msg_${id}.`);
  });
}

export function deleteWebhookCommand(config: Config, id: string, options: Common): Promise<number> {
  return run(config, options, async ({ airlock }) => {
    const deleted = await airlock.call('delete', '/v1/webhooks/{id}', { path: { id } });
    write(options.json ? JSON.stringify(deleted) : `Deleted ${id} with its deliveries.`);
  });
}

function run(config: Config, options: Common, work: (connection: Connection) => Promise<void>): Promise<number> {
  return connect(config, { scopes: SCOPES, account: options.account }, async (given) => {
    await work(given);
    return EXIT.ok;
  });
}

function width(): number {
  return process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
}

function stateOf({ enabled, disabled_reason, failing_since }: Webhook): string {
  if (!enabled) return disabled_reason ?? 'disabled';
  return failing_since ? 'failing' : 'enabled';
}

function paintDelivery(status: Delivery['status']): (text: string) => string {
  return { delivered: out.green, failed: out.red, pending: out.yellow }[status];
}
