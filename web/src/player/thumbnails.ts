/** A part of a picture that shows the video during a period. */
export interface Thumbnail {
  /** Start and end in seconds. */
  from: number;
  to: number;
  /** File name of the picture, in the folder of the track. */
  file: string;
  /** Position and size in the picture, in pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
}

const CUE = /^(\S+) --> (\S+)[^\n]*\n([\w.-]+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm;

/** Parses a WebVTT track whose cues are parts of pictures (Media Fragments URI 1.0, section 4.2.2). */
export function parseThumbnails(text: string): Thumbnail[] {
  return [...text.replaceAll('\r\n', '\n').matchAll(CUE)].map(([, from, to, file, ...numbers]) => {
    const [x, y, width, height] = numbers.map(Number) as [number, number, number, number];
    return { from: secondsOf(from!), to: secondsOf(to!), file: file!, x, y, width, height };
  });
}

/** Returns the seconds of a time: 62.5 for `00:01:02.500` and for `01:02.500`. */
function secondsOf(time: string): number {
  return time.split(':').reduce((sum, part) => 60 * sum + Number(part), 0);
}

/** Returns the part that shows the video at a time, or the last part for a time after its end. Undefined if there are no parts. */
export function thumbnailAt(thumbnails: readonly Thumbnail[], seconds: number): Thumbnail | undefined {
  return thumbnails.find(({ to }) => seconds < to) ?? thumbnails.at(-1);
}

/**
 * Returns the parts of the track below an address. Returns an empty list if there is no track, because the player works without previews.
 */
export async function loadThumbnails(base: string): Promise<Thumbnail[]> {
  const response = await fetch(`${base}/thumbnails/sprite.vtt`).catch(() => null);
  return response?.ok ? parseThumbnails(await response.text()) : [];
}
