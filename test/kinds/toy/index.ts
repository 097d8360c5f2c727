import * as z from 'zod';
import type { Kind } from '../../../src/kinds/kind.ts';
import { shown, type ToyRequest } from './shown.ts';

/** Writes a text backwards into a file, and in capitals into a tree of files. For a text such as `a+b`, child jobs reverse the parts. */
export const toy: Kind<ToyRequest> = {
  name: 'toy',
  events: { prefix: 'toy', own: { reversed: z.object({ v: z.literal(1), letters: z.number() }) } },
  shown,
  admit: async (_services, _caller, { text, webhook_url }) => ({
    problems: text === '' ? [new Error('there is nothing to reverse')] : [],
    resourceClass: 'light',
    request: () => ({ shown: text, sent: text }),
    facts: '{"v":1}',
    settings: null,
    inputs: [],
    assets: [],
    outputs: [
      { format: 'txt', name: 'reversed.txt', role: 'text' },
      { format: 'md', name: 'capitals.md', role: 'text' },
    ],
    warnings: [],
    metadata: null,
    retentionSeconds: null,
    webhookUrl: webhook_url ?? null,
  }),
  load: async () => (await import('./execute.ts')).executeToy,
};
