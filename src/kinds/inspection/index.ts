import type { Kind } from '../kind.ts';
import { refuseUpload } from './refuse.ts';

/** Inspects a confirmed upload: whether it is what was declared, and what it holds. A caller waits for it. */
export const inspection: Kind = {
  name: 'inspection',
  events: null,
  onEnd: refuseUpload,
  load: async () => (await import('./execute.ts')).executeInspection,
};
