import type { MediaFacts, PlannedRequest } from '../blueprint.ts';
import { FORMATS, type Format, fitted, keptShare, reframe, resize, type Size, sourceSize } from './frame.ts';
import { encoded } from './request.ts';
import { REPEATED, withMusic } from './sound.ts';
import { type HookStyle, hook, type Rows } from './words.ts';

/** Share of a picture that must remain so that the picture fills the frame. Otherwise, it gets a blurred background. */
const FILL_SHARE = 0.75;
/** The short side, in pixels, of a video that keeps its format. */
const SHORT_SIDE = 1080;

export interface Hooked {
  url: string;
  source: MediaFacts;
  text: string;
  style: HookStyle;
  format: Format | 'original';
  /** Null = no music. */
  musicUrl: string | null;
}

/** Plans a video in a format, with a hook over its entire duration, and with optional music. */
export function hooked({ url, source, text, style, format, musicUrl }: Hooked): PlannedRequest {
  const frame: Size = format === 'original' ? sourceSize(source, SHORT_SIDE) : FORMATS[format];
  const fit = keptShare(source, frame) >= FILL_SHARE ? 'crop' : 'pad';
  const { option, filter } = hook(text, style, frame, fit === 'pad' ? rowsOf(source, frame) : null);
  const shown =
    format === 'original'
      ? `[0:v]${resize(frame)}[shown]`
      : reframe({ from: '0:v', to: 'shown' }, { source, frame, fit });
  const graph = [shown, `[shown]${filter ?? 'null'}[v]`];
  const sound = source.hasAudio ? '0:a' : null;
  if (musicUrl !== null) graph.push(withMusic({ music: '1:a', voice: sound, seconds: source.duration }));
  const heard = musicUrl === null ? sound : 'a';
  const isEndless = musicUrl !== null && source.duration === null;
  return {
    inputs: [{ url }, ...(musicUrl === null ? [] : [{ url: musicUrl, options: REPEATED }])],
    outputFormat: 'mp4',
    filters: graph.map((part) => ({ filter: part })),
    options: [
      option,
      ...encoded(['v', ...(heard === null ? [] : [heard])], isEndless ? [{ option: '-shortest' }] : []),
    ],
  };
}

/** Returns the rows of the picture in front of its blurred background; null = the picture is as high as the frame. */
function rowsOf(source: Size, frame: Size): Rows | null {
  const { height } = fitted(source, frame);
  return height === frame.height ? null : { top: (frame.height - height) / 2, bottom: (frame.height + height) / 2 };
}
