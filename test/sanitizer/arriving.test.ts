import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Feed } from '../../src/kinds/transcode/streaming/feed.ts';
import { WaitingTime } from '../../src/kinds/transcode/streaming/waiting-time.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import { ArrivalState, type CopyRule, NotInOrder, openArriving } from '../../src/sanitizer/streaming/index.ts';
import { makeMedia } from '../../testkit/media-cache.ts';

const MEDIA = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25:d=4', '-f', 'lavfi', '-i', 'sine=d=4'],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-g', '25', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
];
const CUES = '1\n00:00:01,000 --> 00:00:02,000\nGrüße\n';
const SUBTITLES = ['-i', `data:text/plain;base64,${Buffer.from(CUES).toString('base64')}`];
const FILES = {
  'first.mp4': [...MEDIA, '-movflags', '+faststart'],
  'last.mp4': MEDIA,
  'fragments.mp4': [...MEDIA, '-movflags', '+frag_keyframe+empty_moov'],
  'clip.mkv': MEDIA,
  'text.mp4': [...SUBTITLES, ...MEDIA, '-c:s', 'mov_text', '-movflags', '+faststart'],
  'text.mkv': [...SUBTITLES, ...MEDIA, '-c:s', 'srt'],
};

describe('a container that is remuxed while its source arrives', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'airlock-arriving-'));
    for (const [name, args] of Object.entries(FILES)) await makeMedia(join(folder, name), args);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  let count = 0;
  /** Begins to read a file of which no bytes have arrived yet. */
  const arrive = (bytes: Buffer, demuxer: 'mov' | 'matroska', copy: CopyRule | null = null) => {
    const size = bytes.length;
    const path = join(folder, `arriving-${count++}`);
    writeFileSync(path, '');
    const state = new ArrivalState();
    let sent = 0;
    return {
      ...{ state, target: `${path}.container` },
      opened: openArriving({ path, demuxer, size, state, copy }, new AbortController().signal),
      send(upTo: number) {
        appendFileSync(path, bytes.subarray(sent, upTo));
        state.addArrived(upTo - sent);
        sent = upTo;
      },
    };
  };
  const demuxerOf = (name: string) => (name.endsWith('.mkv') ? 'matroska' : 'mov');

  it.each(['first.mp4', 'clip.mkv', 'text.mp4', 'text.mkv'] as const)(
    'is identical to a rewrite of the complete file, and can be read at once: %s',
    async (name) => {
      const bytes = readFileSync(join(folder, name));
      const complete = join(folder, `${name}.complete`);
      const { info } = await sanitizeFile({
        path: join(folder, name),
        demuxer: demuxerOf(name),
        target: complete,
        mediaBytes: null,
      });
      const { opened, state, send, target } = arrive(bytes, demuxerOf(name));
      const half = Math.floor(bytes.length / 2);
      send(half);
      const container = await opened;
      // The rest of a Matroska file shows whether its frames have the declared rate.
      const video = info!.video.map(({ nominalRate: _, hasConstantRate: __, ...more }) => more);
      expect(container.info).toEqual(name.endsWith('.mkv') ? { ...info, video } : info);
      const feed = new Feed(target, state, new WaitingTime(60_000, () => {}));
      const copied = container.copy(target).then(() => feed.end());
      const seen: Buffer[] = [];
      let isHalf = true;
      for await (const chunk of feed.open()) {
        seen.push(chunk as Buffer);
        if (!isHalf) continue;
        // The first bytes are written before the second half has arrived.
        expect(state.written).toBeLessThan(bytes.length - 1000);
        for (let upTo = half; upTo < bytes.length; upTo += 777) send(Math.min(bytes.length, upTo + 777));
        send(bytes.length);
        state.endArrival(true);
        isHalf = false;
      }
      await copied;
      feed.check();
      await container.close();
      expect(readFileSync(target).equals(readFileSync(complete))).toBe(true);
      // The size of a Matroska segment and the position of its index are written at the end, so they are not compared.
      const patched = name.endsWith('.mkv') ? 128 : 0;
      expect(Buffer.concat(seen).subarray(patched).equals(readFileSync(complete).subarray(patched))).toBe(true);
    },
  );

  it.each(['last.mp4', 'fragments.mp4'] as const)(
    'requires the entire file if the file cannot be read in order: %s',
    async (name) => {
      const bytes = readFileSync(join(folder, name));
      const { opened, send } = arrive(bytes, 'mov');
      // The start of the file is enough to decide, so the reader does not wait for the rest.
      send(4096);
      await expect(opened).rejects.toThrow(NotInOrder);
    },
  );

  it('requires the entire file if its streams are stored one after the other', async () => {
    const bytes = readFileSync(join(folder, 'first.mp4'));
    const offsets = bytes.indexOf('stco', bytes.indexOf('stco') + 4);
    // Makes all chunks of the audio appear to follow the video.
    for (let at = offsets + 12; at < offsets + 12 + 4 * bytes.readUInt32BE(offsets + 8); at += 4) {
      bytes.writeUInt32BE(bytes.length - 2000 + (at - offsets), at);
    }
    const { opened, send } = arrive(bytes, 'mov');
    send(bytes.length);
    await expect(opened).rejects.toThrow(NotInOrder);
  });

  it('requires the entire file if a preset may copy its video, and otherwise determines early whether a copy is possible', async () => {
    const bytes = readFileSync(join(folder, 'first.mp4'));
    for (const copy of [{ shortSide: null }, { shortSide: 90 }]) {
      const { opened, send } = arrive(bytes, 'mov', copy);
      send(bytes.length);
      await expect(opened).rejects.toThrow(NotInOrder);
    }
    const { opened, send } = arrive(bytes, 'mov', { shortSide: 72 });
    send(bytes.length);
    const { packets, close } = await opened;
    expect(packets).toMatchObject([
      { codec: 'h264', h264: null },
      { codec: 'aac', isOrdered: true },
    ]);
    await close();
  });

  it('fails when its source breaks off', async () => {
    const bytes = readFileSync(join(folder, 'clip.mkv'));
    const { opened, state, send, target } = arrive(bytes, 'matroska');
    send(Math.floor(bytes.length / 2));
    const container = await opened;
    const copied = container.copy(target);
    state.endArrival(false);
    await expect(copied).rejects.toThrow(NotInOrder);
    await container.close();
  });

  it('has readers that wait for a source only until the deadline of the source', async () => {
    const { opened, state, send, target } = arrive(readFileSync(join(folder, 'clip.mkv')), 'matroska');
    send(8192);
    const container = await opened;
    container.copy(target).catch(() => {});
    const starved = new Promise<void>((resolve) => {
      const waiting = new WaitingTime(10, () => {
        feed.fail(new Error('too slow'));
        resolve();
      });
      const feed = new Feed(target, state, waiting);
      void feed
        .open()
        .toArray()
        .catch(() => {});
    });
    await starved;
    await container.close();
  });
});
