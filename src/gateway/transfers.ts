import { accountOf } from '../storage/keys.ts';
import { S3Error } from './errors.ts';

/** A client sends one PUT. One that broke off counts until the watch of its rate ends it, and retries run beside it. */
const PUTS_OF_A_KEY = 4;
/** Players and download managers ask for several ranges at once, and a link may be given to several people. */
const GETS_OF_AN_OBJECT = 64;

/** Transfers under way over signed URLs: one URL works for any number of connections, from any number of addresses. */
export interface Transfers {
  /** Takes a place; the function that it returns gives it back. Throws `SlowDown` when there is none. */
  take(method: 'GET' | 'PUT', key: string): () => void;
}

/** `total`: connections of the listener. No account holds more of them than it leaves to the others. */
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
        throw slowDown(`${most} ${what} are under way, which is the most at once.`);
      }
      // One that is alone has half of them for itself, the next half of the rest.
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
