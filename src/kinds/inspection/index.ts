import type { Kind } from '../kind.ts';
import { rejectUpload } from './reject.ts';

/** Inspects an upload during its confirm: checks the declared type and probes the content. A client waits for it. */
export const inspection: Kind = {
  name: 'inspection',
  events: null,
  shown: null,
  onEnd: rejectUpload,
  load: async () => (await import('./execute.ts')).executeInspection,
};
