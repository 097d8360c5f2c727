import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sanitizeFile } from '../sanitize-file.ts';
import { MAX_SUBTITLE_BYTES, MAX_TEXT_BYTES } from '../source-text.ts';
import { makeElement, unsigned } from './ebml.ts';

const text = (id: number, value: string) => makeElement(id, Buffer.from(value));
const count = (id: number, value: number) => makeElement(id, unsigned(BigInt(value)));
const block = (track: number, content: Uint8Array) => makeElement(0xa1, Buffer.from([0x80 | track, 0, 0, 0]), content);
const track = (number: number, type: number, ...more: Buffer[]) =>
  makeElement(0xae, count(0xd7, number), count(0x83, type), ...more);
const VIDEO = track(1, 1, text(0x86, 'V_VP8'), makeElement(0xe0, count(0xb0, 16), count(0xba, 16)));
const SRT = text(0x86, 'S_TEXT/UTF8');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-text-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Remuxes a file with one frame of video and these subtitles, which last for a second unless `ticks` is set. */
async function remux(entries: Buffer[], subtitles: readonly Uint8Array[], ticks = 1000, unlessDescribed = false) {
  const [path, target] = [join(folder, 'source.mkv'), join(folder, 'container')];
  rmSync(target, { force: true });
  const groups = subtitles.map((content) => {
    const additions = makeElement(0x75a1, makeElement(0xa6, text(0xa5, 'Secret addition')));
    return makeElement(0xa0, block(2, content), count(0x9b, ticks), additions);
  });
  const duration = Buffer.alloc(8);
  duration.writeDoubleBE(2000);
  const segment = makeElement(
    0x18538067,
    makeElement(0x1549a966, makeElement(0x4489, duration)),
    makeElement(0x1654ae6b, VIDEO, ...entries),
    makeElement(0x1f43b675, count(0xe7, 0), makeElement(0xa0, block(1, Buffer.alloc(20))), ...groups),
  );
  writeFileSync(path, Buffer.concat([makeElement(0x1a45dfa3, text(0x4282, 'matroska')), segment]));
  const request = { path, demuxer: 'matroska', target, mediaBytes: null, unlessDescribed };
  const { text: found, container, reason } = await sanitizeFile(request);
  expect([container, reason]).toEqual(['rewritten', null]);
  return { found: found!, bytes: readFileSync(target).toString('utf8') };
}

describe('the subtitles of a Matroska file', () => {
  it.each([
    ['in another encoding than UTF-8', Buffer.from('Gr\xfc\xdfe', 'latin1')],
    ['with a reversed byte order mark', Buffer.from('\ufffe')],
    ['of more than 16 kB', Buffer.alloc(MAX_SUBTITLE_BYTES + 1, 'a')],
  ])('%s are dropped and counted', async (_, content) => {
    const { found, bytes } = await remux([track(2, 17, SRT)], [content, Buffer.from('Hello')]);
    expect(found).toMatchObject({ subtitles: 1, tracks: [{ isStyled: false }], droppedSubtitles: 1 });
    expect(bytes).toContain('Hello');
    expect(bytes.length).toBeLessThan(1000);
  });

  it('are kept without their additions', async () => {
    const { found, bytes } = await remux([track(2, 17, SRT)], [Buffer.from('Hello')]);
    expect(found.droppedSubtitles).toBe(0);
    expect(bytes).not.toContain('Secret');
  });

  it('are dropped if they last longer than any input', async () => {
    const { found } = await remux([track(2, 17, SRT)], [Buffer.from('Hello')], 50 * 3_600_000);
    expect(found.droppedSubtitles).toBe(1);
  });

  it('are kept up to 16 MB, and the rest is counted', async () => {
    const content = Buffer.alloc(MAX_SUBTITLE_BYTES, 'a');
    const kept = MAX_TEXT_BYTES / MAX_SUBTITLE_BYTES;
    const { found, bytes } = await remux([track(2, 17, SRT)], Array(kept + 5).fill(content));
    expect(found.droppedSubtitles).toBe(5);
    expect(bytes.length).toBeLessThan(MAX_TEXT_BYTES + 2 ** 17);
  });

  it('are kept up to 2,048 in succession without video, and the rest is counted', async () => {
    const { found } = await remux([track(2, 17, SRT)], Array(2050).fill(Buffer.from('Hello')));
    expect(found.droppedSubtitles).toBe(2);
  });

  it('are counted although the container is needed only for a description', async () => {
    const broken = [Buffer.from([0xff])];
    expect((await remux([track(2, 17, SRT)], broken, 1000, true)).found.droppedSubtitles).toBe(1);
  });

  it('are decompressed if zlib has compressed them, within the limit', async () => {
    const encodings = makeElement(0x6d80, makeElement(0x6240, makeElement(0x5034, count(0x4254, 0))));
    const bomb = deflateSync(Buffer.alloc(2 ** 24));
    const subtitles = [deflateSync(Buffer.from('Hello')), bomb, Buffer.from('not compressed')];
    const { found, bytes } = await remux([track(2, 17, SRT, encodings)], subtitles);
    expect(bytes).toContain('Hello');
    expect(found).toMatchObject({ tracks: [{ isStyled: false }], droppedSubtitles: 2 });
  });

  it('are counted as a lost track if another algorithm has compressed them', async () => {
    const encodings = makeElement(0x6d80, makeElement(0x6240, makeElement(0x5034, count(0x4254, 1))));
    const { found } = await remux([track(2, 17, SRT, encodings)], [Buffer.from('Hello')]);
    expect(found).toMatchObject({ subtitles: 1, tracks: [] });
  });

  it('have at most eight tracks, and only languages that are valid codes', async () => {
    const language = (value: string) => text(0x22b59c, value);
    const entries = Array.from({ length: 12 }, (_, index) =>
      track(index + 2, 17, SRT, language(index ? 'x{};' : 'GER')),
    );
    const { found } = await remux(entries, []);
    expect([found.subtitles, found.tracks.map((entry) => entry.language)]).toEqual([
      12,
      ['ger', ...Array(7).fill(null)],
    ]);
  });
});

describe('the subtitles of a Matroska file in ASS', () => {
  const HEADER = `\ufeff[Script Info]
; Secret program
Title: Secret title
Original Script: Secret author
ScriptType: v4.00+
PlayResX: 384

[Aegisub Project Garbage]
Video File: /home/secret/Secret.mkv

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,16
Secret: line

[Fonts]
fontname: Secret.ttf

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,Secret comment
`.replaceAll('\n', '\r\n');
  const ASS = track(2, 17, text(0x86, 'S_TEXT/ASS'), text(0x63a2, HEADER));

  it('keep their styles, and lose everything that players do not show', async () => {
    const event = Buffer.from('0,0,Default,Secret speaker,0,0,0,secret fx,{\\i1}Hello, {Secret note}world');
    const { found, bytes } = await remux([ASS], [event]);
    expect(found).toMatchObject({ tracks: [{ isStyled: true }], droppedSubtitles: 0 });
    expect(bytes).toContain('0,0,Default,,0,0,0,,{\\i1}Hello, world');
    expect(bytes).toContain('[Script Info]\nScriptType: v4.00+\nPlayResX: 384\n[V4+ Styles]\nFormat: Name');
    expect(bytes).toContain('Style: Default,Arial,16\n[Events]\nFormat: Layer');
    expect(bytes).not.toMatch(/secret/i);
  });

  it('keep their effects', async () => {
    const { bytes } = await remux([ASS], [Buffer.from('0,0,Default,,0,0,0,Scroll up;0;100;50,Hello')]);
    expect(bytes).toContain('Scroll up;0;100;50,Hello');
  });

  it('lose drawings and incomplete events, which are counted', async () => {
    const drawing = Buffer.from('1,0,Default,,0,0,0,,{\\pos(1,2)\\p1}m 0 0 l 100 0 100 100{\\p0}');
    const { found, bytes } = await remux(
      [ASS],
      [drawing, Buffer.from('Hello'), Buffer.from('2,0,Default,,0,0,0,,{\\pos(1,2)}Kept')],
    );
    expect(found.droppedSubtitles).toBe(2);
    expect(bytes).toContain('Kept');
    expect(bytes).not.toContain('m 0 0');
  });
});
