import { extname, join } from 'node:path';
import { UsageError } from './exit.ts';

/** Pictures that `./airlock transcode` makes together with its other outputs. */
export interface PictureFlags {
  /** Position of the poster: `best`, seconds, or a share such as `50%`. */
  poster?: string;
  /** Seconds between the pictures of the sprite. */
  sprite?: string;
}

/** Width of a poster in pixels. Without this width, a poster would be as large as the video. */
const POSTER_WIDTH = 1280;

/** Returns entries of `outputs`, in the order of `pictureTargets`. Throws `UsageError`. */
export function pictureOutputs({ poster, sprite }: PictureFlags): object[] {
  return [
    ...(poster === undefined
      ? []
      : [{ name: 'poster', outputFormat: 'jpg', still: { at: readTime(poster), width: POSTER_WIDTH } }]),
    ...(sprite === undefined ? [] : [{ name: 'sprite', outputFormat: 'sprite', every_seconds: readInterval(sprite) }]),
  ];
}

/**
 * Returns the file of the poster and the folder of the sprite. They are in the folder of a ladder, otherwise next to `main`, which is the
 * first file to write, or else the name of the input.
 */
export function pictureTargets({ poster, sprite }: PictureFlags, main: string, isLadder: boolean): string[] {
  const stem = main.slice(0, main.length - extname(main).length);
  const name = (picture: string) => (isLadder ? join(main, picture) : `${stem}-${picture}`);
  return [...(poster === undefined ? [] : [name('poster.jpg')]), ...(sprite === undefined ? [] : [name('sprite')])];
}

function readTime(text: string): number | string {
  if (text === 'best' || /^\d+(\.\d+)?%$/.test(text)) return text;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new UsageError(`--poster "${text}" is not a time. Use best, seconds such as 12.5, or a share such as 50%.`);
}

function readInterval(text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds >= 0.1) return seconds;
  throw new UsageError(`--sprite "${text}" is not a number of seconds between pictures. Use 0.1 or more, such as 5.`);
}
