import type { Logger } from '../telemetry/index.ts';
import type { Delivery } from '../webhooks/deliveries.ts';
import { claimDeliveries, PER_ENDPOINT, type SendDeps, sendDeliveries } from '../webhooks/send.ts';

/** Deliveries that a worker sends at a time. */
const CONCURRENCY = 16;

export interface Deliveries {
  /** Sends the webhooks that are due. */
  start(): void;
  /** Resolves when those that are being sent have ended. */
  stop(): Promise<void>;
}

/** Sends webhooks on this worker. */
export function openDeliveries(deps: SendDeps, logger: Logger): Deliveries {
  const sending = new Map<Promise<void>, string>();
  let stopped = false;
  let looking: Promise<void> | null = null;

  async function look(): Promise<void> {
    const free = CONCURRENCY - sending.size;
    if (stopped || free === 0) return;
    const claimed = await claimDeliveries(deps.context.db, free, busyEndpoints());
    if (claimed.length === 0) return;
    for (const [index, sent] of sendDeliveries(deps, claimed).entries()) follow(claimed[index]!, sent);
  }

  function follow(delivery: Delivery, sent: Promise<void>): void {
    const ended = sent
      .catch((error) => deps.context.rows.failed('deliveries', delivery.id, error))
      .catch((error) =>
        logger.warn({ err: error, delivery: delivery.id }, 'a webhook was not recorded; it is sent again in a minute'),
      );
    sending.set(ended, delivery.endpoint);
    void ended.then(() => {
      sending.delete(ended);
      start();
    });
  }

  function busyEndpoints(): string[] {
    const endpoints = [...sending.values()];
    return [...new Set(endpoints)].filter((one) => endpoints.filter((other) => other === one).length >= PER_ENDPOINT);
  }

  function start(): void {
    if (stopped || looking) return;
    looking = look()
      .catch((error) => logger.warn({ err: error }, 'due webhooks could not be read'))
      .finally(() => {
        looking = null;
      });
  }

  return {
    start,
    async stop() {
      stopped = true;
      await looking;
      await Promise.all(sending.keys());
    },
  };
}
