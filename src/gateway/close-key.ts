import { CLOSED_UNTIL } from '../storage/embedded/closing.ts';
import { closedKey } from './closed-keys.ts';
import type { Context, Handler } from './context.ts';
import { S3Error } from './errors.ts';
import { parameter } from './target.ts';

/** Maximum number of seconds for which a key is closed: SigV4's maximum lifetime of a URL, seven days, plus a day for clock skew. */
const MAX_CLOSED_SECONDS = 8 * 86_400;

/** Deletes the object and the parts of its uploads, and rejects every PUT to the key until the time in the query. */
export async function closeKey({ response, target, identity, disk, uploads }: Context): Promise<void> {
  if (identity.kind !== 'header') throw new S3Error('AccessDenied', 'A signed URL cannot be used to close a key.');
  const until = parameter(target, CLOSED_UNTIL) ?? '';
  if (!/^\d{1,12}$/.test(until) || Number(until) > Date.now() / 1000 + MAX_CLOSED_SECONDS) {
    throw new S3Error('InvalidArgument', `${CLOSED_UNTIL} must be seconds since 1970, at most eight days ahead.`);
  }
  try {
    await disk.close(target.key, Number(until));
  } finally {
    await uploads.abortAllOf(target.key);
  }
  response.writeHead(204).end();
}

/** Makes a handler reject writes to a closed key. If the key is closed during a write, drops the bytes and the connection. */
export function unlessClosed(put: Handler): Handler {
  return async (context) => {
    const { disk, target, request } = context;
    if (disk.closed.has(target.key)) throw closedKey();
    const unwatch = disk.closed.watch(target.key, () => request.socket.destroy());
    try {
      await put(context);
    } finally {
      unwatch();
    }
  };
}
