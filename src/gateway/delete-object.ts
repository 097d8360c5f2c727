import { CLOSED_UNTIL } from '../storage/embedded/closing.ts';
import { closeKey } from './close-key.ts';
import type { Context } from './context.ts';
import { parameter } from './target.ts';

/**
 * DELETE of one object: deletes the bytes before it responds. Succeeds if the object does not exist. With `CLOSED_UNTIL`, also closes the
 * key.
 */
export async function deleteObject(context: Context): Promise<void> {
  const { response, target, disk } = context;
  if (parameter(target, CLOSED_UNTIL) !== null) return closeKey(context);
  await disk.delete(target.key);
  response.writeHead(204).end();
}
