import type { AuditCase } from '../audit-case.ts';
import { badInputCases } from './bad-input.ts';
import { hdrCases } from './color-hdr.ts';
import { profileCases } from './color-profiles.ts';
import { colorVideoCases } from './color-videos.ts';
import { endCases } from './ends.ts';
import { recordingsCase } from './recordings.ts';
import { shapeCases } from './shapes.ts';
import { soundCases } from './sound.ts';
import { streamCases } from './streams.ts';
import { timeCases } from './time.ts';

/** Returns all cases. `recordings` is the number of recordings of Chromium. */
export const listCases = (recordings: number): readonly AuditCase[] => [
  ...colorVideoCases,
  ...profileCases,
  ...hdrCases,
  ...timeCases,
  ...soundCases,
  ...shapeCases,
  ...streamCases,
  ...endCases,
  ...badInputCases,
  recordingsCase(recordings),
];
