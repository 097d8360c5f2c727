import type { OutputFormat, Quality } from '../../../contract/formats.ts';
import type { Selection } from '../plan-streams.ts';

/** The requirements of a preset for the streams that it may copy. */
export interface CopyRequest {
  format: OutputFormat;
  quality: Quality;
  /** Short side of the preset; null = keep the size. */
  resolution: number | null;
  selection: Selection;
  /** See `PlanContext`. */
  disarm: boolean;
  /** Whether the request has a target, so that the video must be as small as the target allows. */
  hasTarget: boolean;
}
