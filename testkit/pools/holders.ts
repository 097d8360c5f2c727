import { type ApiResponse, call, type TestService } from '../service.ts';
import type { Peers } from './peers.ts';

/** Work with which an account keeps places of pools for as long as possible. */
export interface Holders {
  /** Aborts the requests that are waiting. */
  release(): void;
}

interface Account {
  key: string;
}

const NUMBER_OF_PROBES = 15;
const NUMBER_OF_CHECKS = 8;

/** Creates jobs whose source sends just above the minimum rate. */
export function holdFetches(
  service: TestService,
  accounts: readonly Account[],
  peers: Peers,
  each: number,
): Promise<void> {
  return forEach(accounts, each, async ({ key }, number) => {
    const body = { inputs: [{ url: `${peers.url}/drip/${number}` }], outputFormat: 'mp3' };
    expectStatus(await call(`${service.api}/v1/transcodes`, 'POST', key, body), 201);
  });
}

/** Creates jobs whose output is sent to a server that never responds. `input` of an account is the URL of its upload. */
export function holdDeliveries(
  service: TestService,
  accounts: readonly (Account & { input: string })[],
  peers: Peers,
  each: number,
): Promise<void> {
  return forEach(accounts, each, async ({ key, input }, number) => {
    const destination = { url: `${peers.url}/hang/${number}` };
    const body = { inputs: [{ url: input }], outputFormat: 'mp3', destination };
    expectStatus(await call(`${service.api}/v1/transcodes`, 'POST', key, body), 201);
  });
}

/** Repeatedly sends requests that wait for a server that never responds: probes of its files, and new connections to its buckets. */
export function holdRequests(
  service: Pick<TestService, 'api'>,
  accounts: readonly Account[],
  peers: Pick<Peers, 'url'>,
): Holders {
  const stop = new AbortController();
  const send = async (key: string, path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    while (!stop.signal.aborted) {
      const sent = fetch(`${service.api}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        signal: stop.signal,
      });
      await sent.then((response) => response.text()).catch(() => {});
    }
  };
  for (const { key } of accounts) {
    for (let number = 0; number < NUMBER_OF_PROBES; number++) {
      void send(key, '/v1/probe', { url: `${peers.url}/silent/${number}` });
    }
    for (let number = 0; number < NUMBER_OF_CHECKS; number++) {
      void send(key, '/v1/connections', bucketAt(`${peers.url}/hang`, `held-${number}`));
    }
  }
  return { release: () => stop.abort() };
}

/** Returns the body of a request for a connection. */
export function bucketAt(endpoint: string, name: string) {
  const keys = { access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'x'.repeat(40) };
  return { name, endpoint, region: 'us-east-1', bucket: 'bucket', ...keys };
}

function expectStatus(response: ApiResponse, status: number): void {
  if (response.status !== status) throw new Error(`expected ${status}, got ${response.status}: ${response.text}`);
}

async function forEach<T>(accounts: readonly T[], each: number, work: (account: T, number: number) => Promise<void>) {
  await Promise.all(
    accounts.map(async (account) => {
      for (let number = 0; number < each; number++) await work(account, number);
    }),
  );
}
