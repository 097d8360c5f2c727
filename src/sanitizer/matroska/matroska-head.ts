import type { Chapter } from '../source-text.ts';
import type { Element } from './ebml.ts';
import type { KeptTracks } from './tracks.ts';

/** The part of the file before the first cluster. */
export interface MatroskaHead {
  /** Position of the content of the segment. Other positions are relative to this position. */
  segmentAt: number;
  /** The children of the `Info` element, rewritten. */
  info: Buffer[];
  /** Seconds per tick of the segment's timestamps. */
  secondsPerTick: number;
  /** Duration in ticks; null if it is not declared. */
  duration: number | null;
  /** Nanoseconds per tick. */
  scale: number;
  tracks: KeptTracks;
  /** The chapters before the first cluster; null if the list is too long. */
  chapters: Chapter[] | null;
  /** The first cluster. */
  media: Element;
  mediaAt: number;
  limit: number;
}
