import { holdRequests } from '../../testkit/pools/holders.ts';

/** Requests of greedy accounts. They run in a separate process, so that their work delays no request of the new account. */
export interface HeldRequests {
  api: string;
  /** URL of the servers that never respond. */
  peers: string;
  /** An API key of each account. */
  keys: string[];
}

process.on('message', ({ api, peers, keys }: HeldRequests) => {
  holdRequests(
    { api },
    keys.map((key) => ({ key })),
    { url: peers },
  );
});
process.on('disconnect', () => process.exit());
