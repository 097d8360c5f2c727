import type { BucketAccess } from '../../connections/stored-connection.ts';
import { wakeWaiting } from '../../events/record.ts';
import type { Kind } from '../kind.ts';
import { admitConnectionCheck } from './admit.ts';

/** Tests a bucket for a client that waits to create a connection. Keeps nothing. */
export const connectionCheck: Kind<BucketAccess> = {
  name: 'connection-check',
  events: null,
  shown: null,
  admit: admitConnectionCheck,
  onEnd: (_context, tx, job) => wakeWaiting(tx, job.id),
  load: async () => (await import('./execute.ts')).executeConnectionCheck,
};
