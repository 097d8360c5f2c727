/** Deliveries that a worker sends at a time. Each costs a socket and its body; most of them wait for a receiver. */
export const DELIVERY_SLOTS = 256;
/** Deliveries that one account may have in them while three quarters are free. */
const QUIET_SHARE = 16;
/** The same with less free. So 4 hanging accounts with 16 each leave enough for 96 others, which start in the same second. */
const CROWDED_SHARE = 2;
const QUIET_FREE = (DELIVERY_SLOTS * 3) / 4;
/** Slots that endpoints may take whose last attempt timed out: the rest always serves the others. */
const PROBE_SLOTS = DELIVERY_SLOTS / 2;
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
  const free = DELIVERY_SLOTS - sending.length;
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
    share: free > QUIET_FREE ? QUIET_SHARE : CROWDED_SHARE,
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
