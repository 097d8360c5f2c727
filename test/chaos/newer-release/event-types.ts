import { EVENT_TYPES as KNOWN } from '../../../src/contract/event-types.ts';

/** A toy has an event for each of a transcode. */
const TOY_TYPES = KNOWN.filter((type) => type.startsWith('transcode.')).map((type) => type.replace('transcode', 'toy'));

export const EVENT_TYPES: readonly string[] = [...KNOWN, ...TOY_TYPES];
