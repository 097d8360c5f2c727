import { eventPayloads as known } from '../../../src/events/types.ts';

const ofToys = Object.entries(known)
  .filter(([type]) => type.startsWith('transcode.'))
  .map(([type, payload]) => [type.replace('transcode', 'toy'), payload]);

export const eventPayloads = { ...known, ...Object.fromEntries(ofToys) };
