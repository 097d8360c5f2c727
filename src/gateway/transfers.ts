import { mayTakePlace, type PoolShape } from '../pools/share.ts';
import { accountOf } from '../storage/keys.ts';
import { S3Error } from './errors.ts';

/**
 * Maximum number of concurrent PUTs per key: one PUT, and retries while interrupted PUTs still count, until the minimum rate aborts them.
 */
const PUTS_PER_KEY = 4;
/** Maximum number of concurrent GETs per object. Players and download managers request several ranges, and people share links. */
const GETS_PER_OBJECT = 64;

/** Limits concurrent transfers through signed URLs, which any number of clients can use. */
export interface Transfers {
  /** Acquires a permit and returns a function that releases it. Throws `SlowDown` if no permit is free. */
  acquire(method: 'GET' | 'PUT', key: string): () => void;
}

/** Returns the limits of the transfers of all accounts. A single account may use up to half of the connections. */
export function transfersOf(connections: number): PoolShape {
  const partOf = (divisor: number) => Math.ceil(connections / divisor);
  return { places: connections, share: partOf(64), reserved: partOf(4), quiet: partOf(2) };
}

/** Creates the permits. `total` is the maximum number of connections of the listener. */
export function openTransfers(total: number): Transfers {
  const shape = transfersOf(total);
  const ofObject = createTally();
  const ofAccount = createTally();
  let all = 0;
  return {
    acquire(method, key) {
      const object = `${method} ${key}`;
      const account = accountOf(key);
      const limit = method === 'PUT' ? PUTS_PER_KEY : GETS_PER_OBJECT;
      if (ofObject.count(object) >= limit) {
        const what = method === 'PUT' ? 'uploads to this URL' : 'downloads of this object';
        throw slowDown(`${limit} ${what} are running, which is the limit.`);
      }
      if (!mayTakePlace(shape, { taken: all, own: ofAccount.count(account) })) {
        throw slowDown('This account uses as many connections as it may while others use the storage.');
      }
      const releases = [ofObject.add(object), ofAccount.add(account)];
      all++;
      return () => {
        for (const release of releases) release();
        all--;
      };
    },
  };
}

function slowDown(reason: string): S3Error {
  return new S3Error('SlowDown', `${reason} Send the request again when one of them has ended.`);
}

function createTally() {
  const counts = new Map<string, number>();
  const count = (name: string) => counts.get(name) ?? 0;
  return {
    count,
    /** Returns a function that undoes the addition. */
    add(name: string): () => void {
      counts.set(name, count(name) + 1);
      return () => {
        if (count(name) > 1) counts.set(name, count(name) - 1);
        else counts.delete(name);
      };
    },
  };
}
