import { describe, expect, it } from 'vitest';
import { detectMedia } from './signature.ts';
import { unsupportedKind, unsupportedReason } from './unsupported.ts';

const ASF = '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c';
const bytes = (text: string) => Uint8Array.from(text.padEnd(300, '\0'), (char) => char.charCodeAt(0));

describe('a file that Airlock does not support', () => {
  it.each([
    ['a Windows Media file (WMV, WMA or ASF)', 'Convert it to MP4 or MP3.', ASF],
    ['a RealMedia file', 'Convert it to MP4 or MP3.', '.RMF\0\0\0\x12'],
    ['a BMP picture', 'Convert it to PNG.', 'BM\x36\x00\x00\x00\0\0\0\0\x36\0\0\0\x28\0\0\0'],
    ['a TIFF picture', 'Convert it to PNG.', 'II*\0\x08\0\0\0\x01\0\0\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0'],
    ['a Photoshop document (PSD)', 'Convert it to PNG.', '8BPS\0\x01'],
    ['a PDF or PostScript document', 'Convert its pages to PNG.', '%PDF-1.7\n'],
    ['an archive', 'Extract the media file, and send it instead.', '7z\xbc\xaf\x27\x1c'],
    [
      'a MIDI file, which contains notes instead of sound',
      'Render it as WAV or MP3.',
      'MThd\0\0\0\x06\0\x01\0\x01\0\x60',
    ],
    ['an AIFF file', 'Convert it to WAV or FLAC.', 'FORM\0\0\0\x20AIFFCOMM'],
    ['an SVG drawing', 'Convert it to PNG.', '<svg xmlns="http://www.w3.org/2000/svg"></svg>'],
    ['a web page (HTML)', 'Send the media file instead of a page that shows it.', '<!doctype html><html><body>404'],
    ['a playlist or manifest (HLS or DASH)', 'Send the media files that it lists.', '#EXTM3U\n#EXT-X-VERSION:3\n'],
  ])('is named: %s', async (name, advice, start) => {
    const head = bytes(start);
    expect(await detectMedia(head)).toBeNull();
    expect(await unsupportedReason(head)).toBe(`is ${name}. Airlock doesn't support such files. ${advice}`);
  });

  it('is described as unsupported if its type is unknown', async () => {
    for (const text of ['', 'hello world', '\x01\x02\x03\x04']) {
      expect(await unsupportedReason(bytes(text))).toBe('is not a supported media file.');
    }
  });

  it('is recognized by the content type that a client declares', () => {
    expect(unsupportedKind('video/x-ms-wmv')?.name).toBe('a Windows Media file (WMV, WMA or ASF)');
    expect(unsupportedKind('image/bmp')?.advice).toBe('Convert it to PNG.');
    expect(unsupportedKind('video/mp4')).toBeNull();
  });
});
