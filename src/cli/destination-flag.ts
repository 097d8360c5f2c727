import type { Schemas } from '../../sdk/src/index.ts';
import { UsageError } from './exit.ts';

/**
 * Returns the destination that `--to` names: `s3://media/videos` is the folder `videos` in the bucket of the connection `media`. Throws
 * `UsageError`.
 */
export function destinationOf(to: string | undefined): { destination?: Schemas['Destination'] } {
  if (to === undefined) return {};
  const [, connection, prefix] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(to) ?? [];
  if (connection === undefined) throw new UsageError(`--to "${to}" is not s3://CONNECTION or s3://CONNECTION/FOLDER.`);
  return { destination: { s3: { connection, ...(prefix && { prefix }) } } };
}
