import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { checkFont, checkLut, checkSubtitles } from './asset-content.ts';

const bytes = (text: string) => Buffer.from(text);
const ass = (events: number) =>
  bytes(`[Script Info]\n[Events]\n${'Dialogue: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,x\n'.repeat(events)}`);
const cube = (levels: number, rows: number) =>
  bytes(`TITLE "x"\n# generated\nLUT_3D_SIZE ${levels}\nDOMAIN_MIN 0 0 0\n${'0.5 .25 1e-3\n'.repeat(rows)}`);

describe('subtitle files', () => {
  it('get the extension of their format', () => {
    const cue = '00:00:00.000 --> 00:00:01.000\nhi\n';
    expect(checkSubtitles(bytes(`1\n${cue.replaceAll('.', ',')}`), 'srt')).toEqual({ ok: true, extension: 'srt' });
    expect(checkSubtitles(bytes(`WEBVTT\n\n${cue}`), 'webvtt')).toEqual({ ok: true, extension: 'vtt' });
    expect(checkSubtitles(ass(3), 'ass')).toEqual({ ok: true, extension: 'ass' });
  });

  it.each([
    ['no events', ass(0), 'ass'],
    ['too many events', ass(20_001), 'ass'],
    ['too many lines', bytes(`1\n00:00:00,000 --> 00:00:01,000\n${'\n'.repeat(200_001)}`), 'srt'],
    ['a line that is too long', bytes(`1\n00:00:00,000 --> 00:00:01,000\n${'x'.repeat(70_000)}`), 'srt'],
    ['no cue', bytes('WEBVTT\n\nnothing'), 'webvtt'],
    ['an encoding other than UTF-8', Buffer.from('1\n00:00:00,000 --> 00:00:01,000\n\xe4\xff', 'latin1'), 'srt'],
  ])('with %s are rejected', (_, content, demuxer) => {
    expect(checkSubtitles(content, demuxer)).toMatchObject({ ok: false });
  });
});

describe('LUT files', () => {
  it('are .cube with a complete table, or .3dl', () => {
    expect(checkLut(cube(2, 8))).toEqual({ ok: true, extension: 'cube' });
    expect(checkLut(bytes(`LUT_1D_SIZE 2\n0 0 0\n1 1 1\n`))).toEqual({ ok: true, extension: 'cube' });
    expect(checkLut(bytes(`3DMESH\nMesh 1 12\n0 512 1023\n${'0 512 4095\n'.repeat(8)}`))).toEqual({
      ok: true,
      extension: '3dl',
    });
  });

  it.each([
    ['cut off', cube(3, 8)],
    ['too large', cube(300, 8)],
    ['a table with a command', bytes(`LUT_3D_SIZE 2\n${'0 0 0\n'.repeat(8)}movie=/etc/passwd`)],
    ['a password file', bytes('root:x:0:0:root:/root:/bin/bash\n')],
    ['binary', Buffer.from([0, 1, 2, 3])],
    ['empty', bytes('')],
  ])('are rejected if the content is %s', (_, content) => expect(checkLut(content)).toMatchObject({ ok: false }));
});

describe('font files', () => {
  it('are identified by their first bytes', async () => {
    const font = await readFile('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf');
    expect(checkFont(font)).toEqual({ ok: true, extension: 'ttf' });
    expect(checkFont(bytes('OTTO…'))).toEqual({ ok: true, extension: 'otf' });
    expect(checkFont(bytes('wOF2'))).toMatchObject({ ok: false });
    expect(checkFont(bytes(''))).toMatchObject({ ok: false });
  });
});
