/** A part of a picture that shows the video during a period. */
export interface Thumbnail {
  /** Seconds. */
  from: number;
  to: number;
  /** Name of the picture, next to the track. */
  file: string;
  /** Pixels in the picture. */
  x: number;
  y: number;
  width: number;
  height: number;
}

const CUE = /^(\S+) --> (\S+)[^\n]*\n([\w.-]+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm;

/** Reads a WebVTT track whose cues are parts of pictures (Media Fragments URI 1.0, section 4.2.2). */
export function parseThumbnails(text: string): Thumbnail[] {
  return [...text.replaceAll('\r\n', '\n').matchAll(CUE)].map(([, from, to, file, ...numbers]) => {
    const [x, y, width, height] = numbers.map(Number) as [number, number, number, number];
    return { from: secondsOf(from!), to: secondsOf(to!), file: file!, x, y, width, height };
  });
}

/** `00:01:02.500` and `01:02.500` are 62.5. */
function secondsOf(time: string): number {
  return time.split(':').reduce((sum, part) => 60 * sum + Number(part), 0);
}

/** The part for a time; after the last part's end, the last part. Undefined if there are no parts. */
export function thumbnailAt(thumbnails: readonly Thumbnail[], seconds: number): Thumbnail | undefined {
  return thumbnails.find(({ to }) => seconds < to) ?? thumbnails.at(-1);
}

/** Loads the track below an address. If there is no track, returns an empty list: a player works without previews. */
export async function loadThumbnails(base: string): Promise<Thumbnail[]> {
  const response = await fetch(`${base}/thumbnails/sprite.vtt`).catch(() => null);
  return response?.ok ? parseThumbnails(await response.text()) : [];
}
