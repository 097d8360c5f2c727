import { lookup as systemLookup } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { promisify } from 'node:util';
import type { Lookup, ResolvedAddress } from './connect.ts';

/** Milliseconds to wait for the first response of a DNS server. The second try waits twice as long. */
const TIMEOUT_MS = 2_000;
const TRIES = 2;
/** Maximum number of milliseconds that a name waits while the system's resolver looks up other names. */
const PATIENCE_MS = 2_000;

const askSystem = promisify(systemLookup);

/**
 * Resolves names by asking the DNS servers of this machine directly. The system's resolver (getaddrinfo) occupies a thread until the
 * servers of the name respond, and Node has two threads for it, so names that never resolve would block all other names, including the name
 * of the storage. The system's resolver is used only for names that DNS does not know, such as the names in `/etc/hosts`, and looks up one
 * name at a time.
 * @param servers replaces the DNS servers of this machine, as `address:port`
 */
export function createLookup({ servers }: { servers?: string[] } = {}): Lookup {
  const inTurn = patientQueue();
  return async (hostname) => {
    const response = await askServers(hostname, servers);
    if ('addresses' in response) return response.addresses;
    if (response.isTimeout) throw response.error;
    return inTurn(() => askSystem(hostname, { all: true, verbatim: true }), response.error);
  };
}

type DnsResult = { addresses: ResolvedAddress[] } | { error: unknown; isTimeout: boolean };

async function askServers(hostname: string, servers: string[] | undefined): Promise<DnsResult> {
  // Create a resolver for each lookup: a new resolver follows changes of resolv.conf, and sends its queries from its own port.
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers) resolver.setServers(servers);
  const responses = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const addresses = responses.flatMap((response, index) =>
    response.status === 'fulfilled' ? response.value.map((address) => ({ address, family: index === 0 ? 4 : 6 })) : [],
  );
  if (addresses.length > 0) return { addresses };
  const errors = responses.map((response) => (response.status === 'rejected' ? response.reason : null));
  const timeout = errors.find((error) => error?.code === 'ETIMEOUT');
  return { error: timeout ?? errors[0], isTimeout: timeout !== undefined };
}

/** Runs tasks one after another. A task that has waited too long is not run, and rejects with the given error. */
function patientQueue() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>, error: unknown): Promise<T> =>
    new Promise((done, fail) => {
      let isOver = false;
      const timer = setTimeout(() => {
        isOver = true;
        fail(error);
      }, PATIENCE_MS);
      last = last.then(() => {
        clearTimeout(timer);
        return isOver ? undefined : work().then(done, fail);
      });
    });
}
