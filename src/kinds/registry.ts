import { inspection } from './inspection/index.ts';
import type { Kind } from './kind.ts';
import { probe } from './probe/index.ts';
import { segment } from './segment/index.ts';
import { transcode } from './transcode/index.ts';

const KINDS: readonly Kind[] = [transcode as Kind, inspection, segment, probe as Kind];

/** Every kind of job by its name. */
export const kinds: ReadonlyMap<string, Kind> = new Map(KINDS.map((kind) => [kind.name, kind]));
