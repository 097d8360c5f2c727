import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeClip } from '../media.ts';
import { makeMedia } from '../media-cache.ts';

/** The media of the scenarios. Each run gets its own copy, which contains a text that occurs nowhere else. */
export interface Sources {
  /** A second of video with a tone. */
  clip: Buffer;
  /** Fourteen seconds with a key frame in each, which are encoded in pieces. */
  long: Buffer;
  /** Eleven minutes of bursts of a tone, which are transcribed in pieces. */
  talk: Buffer;
}

/** Bytes above which an input is uploaded in parts. */
const PARTS_BYTES = 64 * 2 ** 20;

export async function makeSources(): Promise<Sources> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-faults-'));
  const path = (name: string) => join(folder, name);
  try {
    await makeClip(path('clip.mp4'), { size: '128x72', rate: 10 });
    await makeMedia(path('long.mp4'), [
      ...['-f', 'lavfi', '-i', 'testsrc2=s=128x72:r=15:d=14', '-f', 'lavfi', '-i', 'sine=d=14', '-pix_fmt', 'yuv420p'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '15', '-c:a', 'aac'],
    ]);
    const bursts = 'aevalsrc=0.3*sin(2*PI*300*t)*lt(mod(t\\,110)\\,0.5):d=660:s=8000';
    await makeMedia(path('talk.m4a'), ['-f', 'lavfi', '-i', bursts, '-c:a', 'aac', '-b:a', '16k']);
    const [clip, long, talk] = await Promise.all(
      ['clip.mp4', 'long.mp4', 'talk.m4a'].map((name) => readFile(path(name))),
    );
    return { clip: clip!, long: long!, talk: talk! };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Adds a box to an MP4 file that players ignore, and that contains the text. */
export function marked(file: Buffer, marker: string): Buffer {
  return Buffer.concat([file, freeBox(Buffer.from(marker))]);
}

/** Like `marked`, but large enough for an upload in parts. */
export function markedInParts(file: Buffer, marker: string): Buffer {
  return Buffer.concat([marked(file, marker), freeBox(Buffer.alloc(PARTS_BYTES))]);
}

function freeBox(content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + content.length, 0);
  header.write('free', 4, 'latin1');
  return Buffer.concat([header, content]);
}
