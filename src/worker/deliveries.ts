import type { Logger } from '../telemetry/index.ts';
import { claimDeliveries, PER_ENDPOINT, type SendDeps, sendDelivery } from '../webhooks/send.ts';

/** Longest delay of a delivery beyond its time. */
const LOOK_MS = 1000;
/** Deliveries that a worker sends at a time. */
const CONCURRENCY = 16;

/** Sends the webhooks that are due, on every worker, until `stop`, which waits for those that are being sent. */
export function startDeliveries(deps: SendDeps, logger: Logger): { stop(): Promise<void> } {
  const sending = new Map<Promise<void>, string>();
  let stopped = false;
  let looking: Promise<void> | null = null;

  async function look(): Promise<void> {
    const free = CONCURRENCY - sending.size;
    if (stopped || free === 0) return;
    for (const delivery of await claimDeliveries(deps.context.db, free, busyEndpoints())) {
      const sent = sendDelivery(deps, delivery).catch((error) =>
        logger.warn({ err: error, delivery: delivery.id }, 'a webhook was not recorded; it is sent again in a minute'),
      );
      sending.set(sent, delivery.endpoint);
      void sent.then(() => {
        sending.delete(sent);
        start();
      });
    }
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

  const timer = setInterval(start, LOOK_MS);
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await looking;
      await Promise.all(sending.keys());
    },
  };
}
