import { accountOf } from '../storage/keys.ts';
import { S3Error } from './errors.ts';

/** PUTs per key: one, and retries while an interrupted one still counts because its rate watch has not ended it. */
const PUTS_OF_A_KEY = 4;
/** GETs per object: players and download managers request several ranges concurrently, and people share links. */
const GETS_OF_AN_OBJECT = 64;

/** Limits the transfers through signed URLs, which any number of clients can use concurrently. */
export interface Transfers {
  /** Takes a place. The returned function releases it. Throws `SlowDown` when none is free. */
  take(method: 'GET' | 'PUT', key: string): () => void;
}

/** `total` is the number of connections of the listener. No account takes more of them than it leaves for others. */
export function openTransfers(total: number): Transfers {
  const ofObject = createTally();
  const ofAccount = createTally();
  let all = 0;
  return {
    take(method, key) {
      const object = `${method} ${key}`;
      const account = accountOf(key);
      const most = method === 'PUT' ? PUTS_OF_A_KEY : GETS_OF_AN_OBJECT;
      if (ofObject.count(object) >= most) {
        const what = method === 'PUT' ? 'uploads to this URL' : 'downloads of this object';
        throw slowDown(`${most} ${what} are running, which is the limit.`);
      }
      // A single account gets half of them, the next one half of the rest.
      if (ofAccount.count(account) >= Math.max(1, total - all)) {
        throw slowDown('The transfers of this account take as many connections as they leave to all others.');
      }
      const places = [ofObject.add(object), ofAccount.add(account)];
      all++;
      return () => {
        for (const release of places) release();
        all--;
      };
    },
  };
}

function slowDown(reason: string): S3Error {
  return new S3Error('SlowDown', `${reason} Send the request again when one of them is over.`);
}

function createTally() {
  const counts = new Map<string, number>();
  const count = (name: string) => counts.get(name) ?? 0;
  return {
    count,
    /** Returns a function that undoes it. */
    add(name: string): () => void {
      counts.set(name, count(name) + 1);
      return () => {
        if (count(name) > 1) counts.set(name, count(name) - 1);
        else counts.delete(name);
      };
    },
  };
}
