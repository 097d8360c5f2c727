import type { Logger } from '../telemetry/index.ts';
import { type ClaimedDelivery, claimDeliveries } from '../webhooks/claim.ts';
import { type SendDeps, sendDeliveries } from '../webhooks/send.ts';
import { nextTurn, type Sending } from '../webhooks/shares.ts';

export interface Deliveries {
  /** Starts sending the webhooks that are due. */
  start(): void;
  /** Returns the deliveries that are being sent. */
  sending(): Sending[];
  /** Resolves when the deliveries in progress have ended. */
  stop(): Promise<void>;
}

export interface DeliveriesDeps extends SendDeps {
  /** Called with each claimed delivery. */
  onClaim?: (delivery: ClaimedDelivery) => void;
}

/** Opens the sending of webhooks on this worker. */
export function openDeliveries(deps: DeliveriesDeps, logger: Logger): Deliveries {
  const sending = new Map<Promise<void>, Sending>();
  let stopped = false;
  let looking: Promise<void> | null = null;
  /** Whether `start` was called since the last query began. This query may have missed deliveries that became due. */
  let again = false;

  async function look(): Promise<void> {
    for (;;) {
      const turn = stopped ? null : nextTurn([...sending.values()]);
      if (!turn) return;
      again = false;
      const claimed = await claimDeliveries(deps.context.db, deps.viewer.catalog, turn);
      const sent = claimed.length > 0 ? sendDeliveries(deps, claimed) : [];
      for (const [index, delivery] of claimed.entries()) follow(delivery, sent[index]!);
      if (claimed.length < turn.limit && !again) return;
    }
  }

  function follow(delivery: ClaimedDelivery, sent: Promise<void>): void {
    deps.onClaim?.(delivery);
    const ended = sent
      .catch((error) => deps.context.rows.failed('deliveries', delivery.id, error))
      .catch((error) =>
        logger.warn(
          { err: error, delivery: delivery.id },
          'the result of a delivery was not recorded; the delivery is sent again in a minute',
        ),
      );
    const { account_id: accountId, endpoint, is_probe: isProbe } = delivery;
    sending.set(ended, { accountId, endpoint, isProbe });
    void ended.then(() => {
      sending.delete(ended);
      start();
    });
  }

  function start(): void {
    again = true;
    if (stopped || looking) return;
    looking = look()
      .catch((error) => logger.warn({ err: error }, 'due webhooks could not be read'))
      .finally(() => {
        looking = null;
      });
  }

  return {
    start,
    sending: () => [...sending.values()],
    async stop() {
      stopped = true;
      await looking;
      await Promise.all(sending.keys());
    },
  };
}
