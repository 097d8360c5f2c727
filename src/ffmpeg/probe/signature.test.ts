import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../testkit/run.ts';
import { UPLOAD_CONTENT_TYPES } from '../../contract/formats.ts';
import { contentTypeMatches, detectMedia } from './signature.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'airlock-signature-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const VIDEO = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=10:d=0.5'];
const AUDIO = ['-f', 'lavfi', '-i', 'sine=d=0.5'];
const STILL = ['-frames:v', '1', '-update', '1'];

describe('detectMedia', () => {
  it.each([
    ['a.mp4', 'mov', VIDEO],
    ['a.mov', 'mov', VIDEO],
    ['a.3gp', 'mov', [...VIDEO, '-c:v', 'mpeg4']],
    ['a.m4a', 'mov', AUDIO],
    ['a.webm', 'matroska', [...VIDEO, '-c:v', 'libvpx']],
    ['a.mkv', 'matroska', VIDEO],
    ['a.avi', 'avi', VIDEO],
    ['a.ts', 'mpegts', VIDEO],
    ['a.mpg', 'mpeg', [...VIDEO, '-r', '25']],
    ['a.flv', 'flv', VIDEO],
    ['a.mp3', 'mp3', AUDIO],
    ['b.mp3', 'mp3', [...AUDIO, '-id3v2_version', '0', '-write_xing', '0']],
    ['a.aac', 'aac', AUDIO],
    ['a.wav', 'wav', AUDIO],
    ['a.ogg', 'ogg', AUDIO],
    ['a.opus', 'ogg', AUDIO],
    ['a.flac', 'flac', AUDIO],
    ['a.jpg', 'jpeg_pipe', [...VIDEO, ...STILL]],
    ['a.png', 'png_pipe', [...VIDEO, ...STILL]],
    ['a.apng', 'apng', VIDEO],
    ['a.gif', 'gif', VIDEO],
    ['a.webp', 'webp_pipe', [...VIDEO, '-frames:v', '1']],
    ['a.avif', 'heif', [...VIDEO, '-frames:v', '1', '-c:v', 'libaom-av1', '-cpu-used', '8']],
  ] as const)('detects from the bytes of %s that the demuxer is %s', async (name, demuxer, args) => {
    const path = join(dir, name);
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, path]);
    const found = await detectMedia(await readFile(path));
    expect(found?.demuxer).toBe(demuxer);
    expect(UPLOAD_CONTENT_TYPES).toContain(found?.mime);
  });

  it('detects a transport stream that starts in the middle of a packet, or whose packets have a checksum', async () => {
    const path = join(dir, 'cut.ts');
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...VIDEO, path]);
    const plain = await readFile(path);
    const packets = Array.from({ length: 12 }, (_, index) => plain.subarray(188 * index, 188 * (index + 1)));
    const checked = Buffer.concat(packets.map((packet) => Buffer.concat([packet, Buffer.alloc(16)])));
    for (const file of [plain.subarray(1), plain.subarray(100), plain.subarray(187), checked, checked.subarray(50)]) {
      expect((await detectMedia(file))?.demuxer).toBe('mpegts');
    }
  });

  it('does not take a few bytes of 0x47 for a transport stream that starts in the middle of a packet', async () => {
    expect(await detectMedia(bytes(`x${`G\0\0\x10${'\0'.repeat(184)}`.repeat(9)}`))).toBeNull();
    expect(await detectMedia(bytes(`x${`G\0\0\0${'\0'.repeat(184)}`.repeat(20)}`))).toBeNull();
  });

  it.each([
    ['WEBVTT\n\n00:00.000 --> 00:01.000\nhi', 'text/vtt'],
    ['\uFEFF1\r\n00:00:00,000 --> 00:00:01,000\r\nhi\r\n', 'application/x-subrip'],
    ['[Script Info]\nScriptType: v4.00+\n', 'text/x-ass'],
  ])('detects subtitles in %j as %s', async (text, mime) => {
    expect((await detectMedia(bytes(text)))?.mime).toBe(mime);
  });

  it.each([
    ['nothing', ''],
    ['HTML', '<!doctype html><html><body>404</body></html>'],
    ['ELF', '\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0'],
    ['an HLS playlist', '#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nfile:///etc/passwd\n'],
    ['a DASH manifest', '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>'],
    ['a concat script', "ffconcat version 1.0\nfile '/etc/passwd'\n"],
    ['an SDP', 'v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n'],
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'],
    ['a zip', 'PK\x03\x04\x14\0\0\0'],
    ['a PDF', '%PDF-1.7\n'],
    ['plain text', 'hello world, this is not media at all'],
    ['a shell script', '#!/bin/sh\necho hi\n'],
  ])('rejects %s', async (_, text) => {
    expect(await detectMedia(Uint8Array.from(text, (char) => char.charCodeAt(0)))).toBeNull();
  });

  it('never throws, and names a demuxer only for a content type that may be uploaded', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 4096 }), async (head) => {
        const found = await detectMedia(head);
        if (found) expect(UPLOAD_CONTENT_TYPES).toContain(found.mime);
      }),
      { numRuns: 300 },
    );
  });
});

describe('contentTypeMatches', () => {
  it.each([
    ['video/mp4', 'video/quicktime', true],
    ['audio/mp4', 'video/mp4', true],
    ['video/mkv', 'video/webm', true],
    ['video/avi', 'video/x-msvideo', true],
    ['audio/x-wav', 'audio/wav', true],
    ['audio/opus', 'audio/ogg', true],
    ['Video/MP4; codecs=avc1', 'video/mp4', true],
    ['video/matroska', 'video/webm', true],
    ['video/vnd.avi', 'video/x-msvideo', true],
    ['audio/x-m4a', 'video/mp4', true],
    ['video/3gpp2', 'video/3gpp', true],
    ['video/ogg', 'audio/ogg', true],
    ['text/x-ssa', 'text/x-ass', true],
    ['video/mp4', 'video/webm', false],
    ['video/mp4', 'image/png', false],
    ['image/png', 'image/jpeg', false],
    ['image/heic', 'image/heif', true],
    ['image/avif', 'video/mp4', false],
    ['audio/mpeg', 'audio/aac', false],
    ['text/vtt', 'application/x-subrip', false],
  ])('of %s and %s is %s', (declared, detected, matches) => {
    expect(contentTypeMatches(declared, detected)).toBe(matches);
  });
});
