import { type PoolShape, placesOfAccount } from '../pools/share.ts';

/** Deliveries of webhooks that a worker sends at a time. Each costs a socket and its body; most of them wait for a receiver. */
export const WEBHOOK_POOL: PoolShape = { places: 256, share: 2, reserved: 64, quiet: 16 };
/** Slots that endpoints may take whose last attempt timed out: the rest always serves the others. */
const PROBE_SLOTS = WEBHOOK_POOL.places / 2;
const PROBES_PER_ACCOUNT = 2;
/** Deliveries of one claim. Few, so that the shares follow what is free. */
const CLAIM_LIMIT = 16;

/** A delivery that is being sent. */
export interface Sending {
  accountId: string;
  endpoint: string;
  /** Whether it tests an endpoint whose last attempt timed out. */
  isProbe: boolean;
}

interface AccountLoad {
  accountId: string;
  deliveries: number;
  probes: number;
}

/** What the next claim may take. */
export interface ClaimTurn {
  limit: number;
  /** Deliveries that an account may have, with those in `accounts`. */
  share: number;
  /** The same for probes; 0 while probes have taken their half of the slots. */
  probeShare: number;
  /** Accounts to which something is being sent. */
  accounts: AccountLoad[];
  /** Endpoints to which something is being sent, and how much. */
  endpoints: { endpoint: string; deliveries: number }[];
}

/** Returns what a worker may claim next; null if all its slots are busy. */
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

/** Deliveries that are being sent, by kind. */
export function countSending(sending: readonly Sending[]): { normal: number; probe: number } {
  const probe = sending.filter(({ isProbe }) => isProbe).length;
  return { normal: sending.length - probe, probe };
}
