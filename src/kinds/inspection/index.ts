import type { Kind } from '../kind.ts';
import { refuseUpload } from './refuse.ts';

/** Inspects an upload during its confirm: checks the declared type and probes the content. A client waits for it. */
export const inspection: Kind = {
  name: 'inspection',
  events: null,
  shown: null,
  onEnd: refuseUpload,
  load: async () => (await import('./execute.ts')).executeInspection,
};
