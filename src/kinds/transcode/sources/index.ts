import { joined } from './joined.ts';
import type { Strategy } from './prepared.ts';
import { ranged } from './ranged.ts';
import { staged } from './staged.ts';
import { streaming } from './streaming.ts';

/**
 * The strategies in the order in which they are tried. Each strategy applies to some jobs, and may fall back to the next strategy:
 *
 *     joined     the pieces that the children of this job have encoded
 *     ranged     parts of a remote source, for one picture of it
 *     streaming  a remote source while it is fetched
 *     staged     complete files; runs every job
 */
export const STRATEGIES: readonly Strategy[] = [joined, ranged, streaming, staged];
