import { wakeWaiting } from '../../events/record.ts';
import type { Kind } from '../kind.ts';
import { admitProbe, type ProbeSubmission } from './admit.ts';

/** The kind of the jobs that describe a file for a client that waits. They fetch only parts of a remote file, and keep no bytes. */
export const probe: Kind<ProbeSubmission> = {
  name: 'probe',
  events: null,
  shown: null,
  admit: admitProbe,
  onEnd: (_context, tx, job) => wakeWaiting(tx, job.id),
  load: async () => (await import('./execute.ts')).executeProbe,
};
