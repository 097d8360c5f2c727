import { type PoolShape, placesOfAccount } from '../pools/share.ts';

/**
 * Limits the concurrent deliveries of a worker. Each delivery needs a socket and the memory of its body. Most deliveries wait for a
 * receiver.
 */
export const WEBHOOK_POOL: PoolShape = { places: 256, share: 2, reserved: 64, quiet: 16 };
/** Maximum number of slots for endpoints whose last attempt timed out. The other slots always serve other endpoints. */
const PROBE_SLOTS = WEBHOOK_POOL.places / 2;
const PROBES_PER_ACCOUNT = 2;
/** Maximum number of deliveries of one claim. The number is small, so that the shares follow the number of free slots. */
const CLAIM_LIMIT = 16;

/** A delivery that is being sent. */
export interface Sending {
  accountId: string;
  endpoint: string;
  /** Whether the delivery tests an endpoint whose last attempt timed out. */
  isProbe: boolean;
}

interface AccountLoad {
  accountId: string;
  deliveries: number;
  probes: number;
}

/** The limits of the next claim. */
export interface ClaimTurn {
  limit: number;
  /** Maximum number of deliveries that an account may have in progress, including the deliveries in `accounts`. */
  share: number;
  /** Maximum number of probes that an account may have in progress. 0 while probes use their half of the slots. */
  probeShare: number;
  /** Accounts with deliveries in progress, and the numbers of these deliveries. */
  accounts: AccountLoad[];
  /** Endpoints with deliveries in progress, and the numbers of these deliveries. */
  endpoints: { endpoint: string; deliveries: number }[];
}

/** Returns the limits of a worker's next claim. Returns null if all its slots are busy. */
export function nextTurn(sending: readonly Sending[]): ClaimTurn | null {
  const taken = sending.length;
  const free = WEBHOOK_POOL.places - taken;
  if (free <= 0) return null;
  const accounts = new Map<string, AccountLoad>();
  const endpoints = new Map<string, number>();
  let probes = 0;
  for (const { accountId, endpoint, isProbe } of sending) {
    const load = accounts.get(accountId) ?? { accountId, deliveries: 0, probes: 0 };
    const probe = Number(isProbe);
    accounts.set(accountId, { accountId, deliveries: load.deliveries + 1, probes: load.probes + probe });
    endpoints.set(endpoint, (endpoints.get(endpoint) ?? 0) + 1);
    probes += probe;
  }
  return {
    limit: Math.min(CLAIM_LIMIT, free),
    share: placesOfAccount(WEBHOOK_POOL, { taken, own: 0 }),
    probeShare: probes < PROBE_SLOTS ? PROBES_PER_ACCOUNT : 0,
    accounts: [...accounts.values()],
    endpoints: [...endpoints].map(([endpoint, deliveries]) => ({ endpoint, deliveries })),
  };
}

/** Returns the number of normal deliveries and of probes in progress. */
export function countSending(sending: readonly Sending[]): { normal: number; probe: number } {
  const probe = sending.filter(({ isProbe }) => isProbe).length;
  return { normal: sending.length - probe, probe };
}
