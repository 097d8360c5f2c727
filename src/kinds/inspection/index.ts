import type { Kind } from '../kind.ts';
import { endInspection } from './end-inspection.ts';

/**
 * The kind of the jobs that inspect an upload during its confirm: they check the declared type and probe the content. A client waits for
 * the result.
 */
export const inspection: Kind = {
  name: 'inspection',
  events: null,
  shown: null,
  onEnd: endInspection,
  load: async () => (await import('./execute.ts')).executeInspection,
};
