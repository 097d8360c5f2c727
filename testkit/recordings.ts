import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';

/** Types that MediaRecorder may support, with the extension of the file. */
const TYPES = [
  { type: 'video/webm;codecs=vp8', extension: 'webm' },
  { type: 'video/webm;codecs=vp9', extension: 'webm' },
  { type: 'video/webm;codecs=av1', extension: 'webm' },
  { type: 'video/webm;codecs=h264', extension: 'webm' },
  { type: 'video/mp4;codecs=avc1.42E01E', extension: 'mp4' },
  { type: 'video/mp4;codecs=vp9', extension: 'mp4' },
];

/**
 * Records a moving canvas with MediaRecorder in every type that the browser supports, as one blob and in parts. Returns the paths of the
 * files.
 */
export async function recordCanvas(browser: Browser, folder: string, seconds = 1.2): Promise<string[]> {
  const page = await browser.newPage();
  const paths: string[] = [];
  for (const [index, { type, extension }] of TYPES.entries()) {
    // Only a recorder that writes parts omits the duration.
    const part = index % 2 === 0 ? 300 : null;
    const text: unknown = await page.evaluate(`(${RECORD})(${JSON.stringify({ type, seconds, part })})`);
    if (typeof text !== 'string') continue;
    const path = join(folder, `recording-${index}.${extension}`);
    await writeFile(path, Buffer.from(text, 'base64'));
    paths.push(path);
  }
  await page.close();
  return paths;
}

/** A function that runs in the page. It returns the file in base64, or null if the type is not supported. */
const RECORD = `async ({ type, seconds, part }) => {
  if (!MediaRecorder.isTypeSupported(type)) return null;
  const canvas = document.body.appendChild(document.createElement('canvas'));
  canvas.width = 160;
  canvas.height = 120;
  const brush = canvas.getContext('2d');
  let drawn = 0;
  const timer = setInterval(() => {
    brush.fillStyle = 'hsl(' + drawn++ * 7 + ' 80% 50%)';
    brush.fillRect(0, 0, 160, 120);
  }, 33);
  const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: type });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  if (part === null) recorder.start();
  else recorder.start(part);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  recorder.stop();
  await stopped;
  clearInterval(timer);
  canvas.remove();
  const reader = new FileReader();
  const read = new Promise((resolve) => { reader.onload = resolve; });
  reader.readAsDataURL(new Blob(parts));
  await read;
  return reader.result.split(',')[1];
}`;
