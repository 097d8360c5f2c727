import { setTimeout as sleep } from 'node:timers/promises';
import type { Airlock, Job, Schemas } from '../../../sdk/src/index.ts';
import type { Config } from '../../config/config.ts';
import { connect } from '../connect.ts';
import { destinationOf } from '../destination-flag.ts';
import { EXIT } from '../exit.ts';
import { withJob } from '../job-ids.ts';
import { write } from '../printing.ts';
import { green, red } from '../style.ts';
import { plain } from '../table.ts';

export interface RedeliverOptions {
  output?: string;
  /** Destination as `s3://CONNECTION/FOLDER`. */
  to?: string;
  json?: boolean;
  account?: string;
}

type Delivery = Schemas['Redelivery']['items'][number];

/** Milliseconds between two requests for the state of the deliveries. */
const POLL_MS = 1000;

/** Delivers outputs of a job again, and waits until the deliveries end. Returns 1 unless every output was delivered. */
export async function redeliverOutputsCommand(
  config: Config,
  given: string,
  { output, to, json, account }: RedeliverOptions,
): Promise<number> {
  const body = { ...(output !== undefined && { output }), ...destinationOf(to) };
  return connect(config, { scopes: ['read', 'transcode'], account }, ({ airlock, signal }) =>
    withJob(airlock, given, async (id) => {
      const { items } = await airlock.redeliver(id, body);
      const ended = await untilDelivered(airlock, id, items, signal);
      if (json) write(JSON.stringify({ items: ended }));
      else for (const one of ended) write(lineOf(one));
      return ended.every(({ destination }) => destination.status === 'delivered') ? EXIT.ok : EXIT.failed;
    }),
  );
}

async function untilDelivered(
  airlock: Airlock,
  id: string,
  begun: readonly Delivery[],
  signal: AbortSignal,
): Promise<Delivery[]> {
  for (;;) {
    const { outputs } = await airlock.get(id, { signal });
    const now = begun.map(({ output, destination }) => ({
      output,
      destination: deliveryOf(outputs, output) ?? destination,
    }));
    if (now.every(({ destination }) => destination.status !== 'delivering')) return now;
    await sleep(POLL_MS, undefined, { signal });
  }
}

function deliveryOf(outputs: Job['outputs'], name: string): Delivery['destination'] | undefined {
  return outputs.find((output) => output.name === name)?.destination;
}

function lineOf({ output, destination: { status, host, bucket, prefix, error_message } }: Delivery): string {
  if (status !== 'delivered')
    return `${red('✗')} ${output}: ${plain(error_message ?? 'The output was not delivered.')}`;
  return `${green('✓')} ${output}: delivered to ${[host, bucket, prefix?.replace(/\/$/, '')].filter(Boolean).join('/')}`;
}
