import { describe, expect, it } from 'vitest';
import { readCues, webVtt } from './subtitles.ts';

const toVtt = (text: string, seconds = 100) => webVtt(readCues(text, seconds));

describe('subtitles of a ladder', () => {
  it('are read from SubRip and written as WebVTT, with the tags b, i and u and without all other tags', () => {
    const srt =
      '\uFEFF1\r\n00:00:01,5 --> 00:00:02,750\r\n<i>Hello</i> {\\an8}& <font color="red">you</font>\r\nthere\r\n\r\n2\r\n';
    expect(toVtt(`${srt}01:00:03,000 --> 01:00:04,000\r\nLater\r\n`, 4000)).toBe(
      'WEBVTT\n\n00:00:01.500 --> 00:00:02.750\n<i>Hello</i> &amp; you\nthere\n\n01:00:03.000 --> 01:00:04.000\nLater\n',
    );
  });

  it('are read from WebVTT without its styles, notes and settings', () => {
    const vtt =
      'WEBVTT - title\n\nSTYLE\n::cue { color: red }\n\nNOTE nothing\n\nid\n00:01.000 --> 00:02.000 line:0 align:start\n<v Ann>a &lt; b &amp; c</v>\n';
    expect(toVtt(vtt)).toBe('WEBVTT\n\n00:00:01.000 --> 00:00:02.000\na &lt; b &amp; c\n');
  });

  it('are sorted, and end with the video', () => {
    const cues = readCues(
      '00:09.000 --> 00:20.000\nlast\n\n00:01.000 --> 00:02.000\nfirst\n\n00:11.000 --> 00:12.000\nno',
      10,
    );
    expect(cues).toEqual([
      { start: 1, end: 2, text: 'first' },
      { start: 9, end: 10, text: 'last' },
    ]);
  });

  it('cannot end a cue or begin another cue with their text', () => {
    const [cue] = readCues('00:01.000 --> 00:02.000\n00:03.000 --&gt; 00:04.000 <script>x</script>\n', 10);
    expect(cue!.text).toBe('00:03.000 --&gt; 00:04.000 x');
  });

  it.each([
    ['no cue', 'WEBVTT\n\n'],
    ['a cue after the end', '00:11.000 --> 00:12.000\ntext'],
    ['a cue without a duration', '00:02.000 --> 00:02.000\ntext'],
    ['a cue that contains only tags', '00:02.000 --> 00:03.000\n<v Ann>'],
  ])('are rejected if no cue has text within the video: %s', (_, text) => {
    expect(() => readCues(text, 10)).toThrow('without a text');
  });
});
