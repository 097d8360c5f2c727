import type { BucketAccess } from '../../connections/stored-connection.ts';
import { wakeWaiting } from '../../events/record.ts';
import type { Kind } from '../kind.ts';
import { admitConnectionCheck } from './admit.ts';

/** The kind of the jobs that test a bucket while a client waits to create a connection. */
export const connectionCheck: Kind<BucketAccess> = {
  name: 'connection-check',
  events: null,
  shown: null,
  admit: admitConnectionCheck,
  onEnd: (_context, tx, job) => wakeWaiting(tx, job.id),
  load: async () => (await import('./execute.ts')).executeConnectionCheck,
};
