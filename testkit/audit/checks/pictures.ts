import type { Rgb } from '../sources/colors.ts';
import { dataUrlOf, type World } from '../world.ts';
import { patchMiddles } from './decode.ts';

/**
 * Draws a picture or a frame of a video on a canvas, and returns the average colors around points.
 * The function is a text, because the page has no compiler.
 */
const READ = `async ({ url, isVideo, seconds, points, reach }) => {
  const blob = await (await fetch(url)).blob();
  const object = URL.createObjectURL(blob);
  const shown = document.createElement(isVideo ? 'video' : 'img');
  const ready = new Promise((resolve, reject) => {
    shown.onerror = () => reject(new Error('Chromium cannot show the file: ' + (shown.error?.message ?? '')));
    if (isVideo) shown.onseeked = resolve;
    else shown.onload = resolve;
  });
  shown.muted = true;
  shown.src = object;
  if (isVideo) {
    await new Promise((resolve) => {
      shown.onloadeddata = resolve;
      shown.addEventListener('error', resolve);
    });
    // On a busy machine, a seek ends before its frame is drawn. The canvas would then get no picture, or the previous picture.
    const drawn = new Promise((resolve) => {
      const timer = setTimeout(resolve, 20_000);
      const check = (_, { mediaTime }) => {
        if (Math.abs(mediaTime - seconds) > 0.1) return shown.requestVideoFrameCallback(check);
        clearTimeout(timer);
        resolve();
      };
      shown.requestVideoFrameCallback(check);
    });
    shown.currentTime = seconds;
    await ready;
    await drawn;
  } else {
    await ready;
    await shown.decode();
  }
  const width = shown.videoWidth ?? shown.naturalWidth;
  const height = shown.videoHeight ?? shown.naturalHeight;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(shown, 0, 0, width, height);
  URL.revokeObjectURL(object);
  const colors = points.map(([x, y]) => {
    const left = Math.max(0, Math.round(x * width) - reach);
    const top = Math.max(0, Math.round(y * height) - reach);
    const { data } = context.getImageData(left, top, 2 * reach, 2 * reach);
    const sums = [0, 0, 0, 0];
    for (let at = 0; at < data.length; at += 1) sums[at % 4] += data[at];
    return sums.map((sum) => (sum * 4) / data.length);
  });
  return { width, height, colors };
}`;

export interface Shown {
  width: number;
  height: number;
  colors: Rgb[];
}

const VIDEOS = /\.(mp4|mov|webm|mkv|m4s)$/;

/** Returns what Chromium shows. `points` are shares of the width and height. */
export async function showInBrowser(
  world: World,
  path: string,
  points: readonly (readonly [number, number])[],
  seconds = 0.5,
): Promise<Shown> {
  const page = await world.page();
  const given = { url: await dataUrlOf(path), isVideo: VIDEOS.test(path), seconds, points, reach: 3 };
  return (await page.evaluate(`(${READ})(${JSON.stringify(given)})`)) as Shown;
}

/** Middles of the patches, in shares of the picture. */
export const patchPoints = (): [number, number][] => patchMiddles(4000, 2000).map(([x, y]) => [x / 4000, y / 2000]);
