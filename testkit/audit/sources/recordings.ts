import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Browser } from 'playwright-core';
import { openBrowser } from '../../browser.ts';
import { COUNTER } from './counter.ts';
import { literal, type Source } from './source.ts';

/** A kind of recording of Chromium's MediaRecorder. */
export interface RecordingKind {
  name: string;
  /** Type of the recorder. */
  type: string;
  /** `screen` shows numbered frames at irregular times, and `camera` is Chromium's artificial camera. */
  picture: 'screen' | 'camera' | null;
  hasSound: boolean;
}

const KINDS: readonly RecordingKind[] = [
  { name: 'vp8-screen', type: 'video/webm;codecs=vp8', picture: 'screen', hasSound: false },
  { name: 'vp9-screen', type: 'video/webm;codecs=vp9,opus', picture: 'screen', hasSound: true },
  { name: 'h264-screen', type: 'video/webm;codecs=h264', picture: 'screen', hasSound: false },
  { name: 'av1-screen', type: 'video/webm;codecs=av1', picture: 'screen', hasSound: false },
  { name: 'vp8-camera', type: 'video/webm;codecs=vp8,opus', picture: 'camera', hasSound: true },
  { name: 'vp9-camera', type: 'video/webm;codecs=vp9', picture: 'camera', hasSound: false },
  { name: 'opus', type: 'audio/webm;codecs=opus', picture: null, hasSound: true },
  { name: 'mp4-screen', type: 'video/mp4;codecs=avc1.42E01F', picture: 'screen', hasSound: false },
];

const FLAGS = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** Records for `ms` milliseconds, and returns Base64. Null if the browser cannot record the type. The text runs in the page. */
const RECORD = `async ({ type, picture, hasSound, ms, seed, size }) => {
  if (!MediaRecorder.isTypeSupported(type)) return null;
  const stream = new MediaStream();
  let timer;
  if (picture === 'camera') {
    const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } });
    stream.addTrack(camera.getVideoTracks()[0]);
  }
  if (picture === 'screen') {
    const canvas = document.createElement('canvas');
    canvas.width = size.width * 2;
    canvas.height = size.height * 2;
    const context = canvas.getContext('2d');
    let frame = 0;
    const draw = () => {
      for (let bit = 0; bit < 12; bit += 1)
        for (const row of [0, 1]) {
          context.fillStyle = ((frame >> bit) & 1) === 1 - row ? '#ddd' : '#222';
          context.fillRect((bit * canvas.width) / 12, (row * canvas.height) / 2, canvas.width / 12, canvas.height / 2);
        }
      frame += 1;
      // A burst at the rate of the display, then a pause.
      const isPause = (frame + seed) % 20 === 0;
      timer = setTimeout(draw, isPause ? 200 + (seed % 7) * 30 : 10 + ((frame * 7 + seed) % 25));
    };
    draw();
    stream.addTrack(canvas.captureStream(30).getVideoTracks()[0]);
  }
  let sound;
  if (hasSound) {
    sound = new AudioContext();
    const tone = sound.createOscillator();
    const target = sound.createMediaStreamDestination();
    tone.connect(target);
    tone.start();
    stream.addTrack(target.stream.getAudioTracks()[0]);
  }
  const recorder = new MediaRecorder(stream, { mimeType: type });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start(seed % 2 ? 250 : undefined);
  await new Promise((resolve) => setTimeout(resolve, ms));
  recorder.stop();
  await stopped;
  clearTimeout(timer);
  await sound?.close();
  for (const track of stream.getTracks()) track.stop();
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}`;

/** Recordings that one page makes at the same time. */
const TOGETHER = 4;
/** Milliseconds of the shortest recording, and of the range above it. */
const SHORTEST = 1000;
const RANGE = 2000;

export interface Recording {
  kind: RecordingKind;
  source: Source;
}

/** Makes `count` recordings of all kinds that Chromium supports, while other processes use every processor. */
export async function makeRecordings(count: number): Promise<{ made: Recording[]; unsupported: Set<string> }> {
  const busy = Array.from({ length: availableParallelism() }, spin);
  let browser: Browser | null = null;
  const made: Recording[] = [];
  const unsupported = new Set<string>();
  try {
    browser = await openBrowser({ isMeasured: true, flags: FLAGS });
    const page = await browser.newPage();
    // Only a secure origin may use a camera.
    await page.route('http://localhost/', (route) => route.fulfill({ contentType: 'text/html', body: '<p>Recorder' }));
    await page.goto('http://localhost/');
    const record = async (kind: RecordingKind, seed: number) => {
      const { type, picture, hasSound } = kind;
      const ms = SHORTEST + ((seed * 397) % RANGE);
      const given = JSON.stringify({ type, picture, hasSound, ms, seed, size: COUNTER });
      const text = (await page.evaluate(`(${RECORD})(${given})`)) as string | null;
      if (text === null) unsupported.add(kind.name);
      else made.push({ kind, source: literal(extensionOf(kind), Buffer.from(text, 'base64')) });
    };
    for (let seed = 0; made.length < count && unsupported.size < KINDS.length; seed += TOGETHER) {
      const group = Array.from({ length: Math.min(TOGETHER, count - made.length) }, (_, index) => seed + index);
      await Promise.all(group.map((one) => record(KINDS[one % KINDS.length]!, one)));
    }
  } finally {
    await browser?.close();
    for (const child of busy) child.kill('SIGKILL');
  }
  return { made, unsupported };
}

const extensionOf = ({ type, picture }: RecordingKind) => (picture === null ? 'weba' : /^video\/(\w+)/.exec(type)![1]!);

function spin(): ChildProcess {
  return spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' });
}
