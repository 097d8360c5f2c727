import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutCaptions } from './layout.ts';
import { MAX_CAPTION_BYTES, parseCaptions } from './parse.ts';
import { textWidth } from './text-width.ts';
import type { Cue, Word } from './types.ts';
import { writeJson, writeSrt, writeVtt } from './write.ts';

/**
 * Returns the words of a text. The duration of a word depends on its length. `|` is a pause of two seconds, `/` a pause of half a second.
 */
function speak(text: string, msPerCharacter = 60): Word[] {
  const words: Word[] = [];
  let at = 0;
  for (const part of text.split(' ')) {
    if (part === '|' || part === '/') {
      at += part === '|' ? 2000 : 500;
      continue;
    }
    const end = at + part.length * msPerCharacter;
    words.push({ start: at, end, text: part, spaced: true, probability: 0.9 });
    at = end + msPerCharacter;
  }
  return words;
}

const lay = (words: readonly Word[], maxLine = 42) => layoutCaptions(words, { maxLine });
const textsOf = (cues: readonly Cue[]) => cues.map(({ text }) => text);

describe('captions', () => {
  it('have at most two lines of 42 columns, and contain every word once, in the order of the speech', () => {
    const text =
      'We went down to the harbour before the sun had come up, and the boats were already out on the water. Nobody spoke for a while. Then my father, who had been quiet all morning, said that he would not come with us this time because of the weather.';
    const cues = lay(speak(text));
    for (const { text: shown } of cues) {
      expect(shown.split('\n').length).toBeLessThanOrEqual(2);
      for (const line of shown.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(42);
    }
    expect(textsOf(cues).join(' ').replaceAll('\n', ' ')).toBe(text);
  });

  it('have at most two lines of the requested width, regardless of the speech and its speed', () => {
    const word = fc.stringMatching(/^[a-z]{1,25}[.,?]?$/);
    const spoken = fc.array(fc.oneof({ weight: 9, arbitrary: word }, fc.constantFrom('|', '/')), { maxLength: 60 });
    fc.assert(
      fc.property(
        spoken,
        fc.integer({ min: 20, max: 80 }),
        fc.integer({ min: 5, max: 200 }),
        (words, maxLine, speed) => {
          const texts = textsOf(lay(speak(words.join(' '), speed), maxLine));
          for (const lines of texts.map((text) => text.split('\n'))) {
            expect(lines.length).toBeLessThanOrEqual(2);
            // The characters are ASCII, so each character has one column, independent of the product's measurement.
            for (const line of lines) expect(line.length).toBeLessThanOrEqual(maxLine);
          }
          const said = words.filter((one) => one !== '|' && one !== '/').join('');
          expect(texts.join('').replaceAll(/\s/g, '')).toBe(said);
        },
      ),
    );
  });

  it('end where sentences and clauses end, not after an article or a preposition', () => {
    const cues = lay(
      speak('The train leaves at nine. We have to be at the station before that, or we will wait for the next one.'),
    );
    expect(textsOf(cues)[0]).toBe('The train leaves at nine.');
    for (const line of textsOf(cues).flatMap((text) => text.split('\n')))
      expect(line).not.toMatch(/ (the|at|for|to|or)$/);
  });

  it('are separated at a pause in the speech', () => {
    const cues = lay(speak('Wait for me | I am coming'));
    expect(textsOf(cues)).toEqual(['Wait for me', 'I am coming']);
    expect(cues[0]!.end).toBeLessThan(cues[1]!.start);
  });

  it('last at least a second, and end before the next caption starts', () => {
    const cues = lay(speak('Yes. | Short words that are said very fast here. No. Never again.', 20));
    for (const [index, { start, end }] of cues.entries()) {
      expect(end).toBeGreaterThan(start);
      const next = cues[index + 1];
      if (next) expect(end).toBeLessThan(next.start);
    }
    expect(cues[0]!.end - cues[0]!.start).toBeGreaterThanOrEqual(1000);
  });

  it('lose no character, and have at most 42 columns a line, in a script without spaces', () => {
    const words = [...'今天天气很好我们一起去公园散步吧然后回家吃饭看书休息睡觉明天再去上班'].map((text, index) => ({
      ...{ start: index * 200, end: index * 200 + 180, text, spaced: false, probability: null },
    }));
    const cues = lay(words);
    for (const line of textsOf(cues).flatMap((text) => text.split('\n')))
      expect(textWidth(line)).toBeLessThanOrEqual(42);
    expect(textsOf(cues).join('').replaceAll('\n', '')).toBe(words.map(({ text }) => text).join(''));
  });

  it('break a word that is wider than a line, and contain no control characters or changes of direction', () => {
    const [word] = speak('x'.repeat(10_000));
    const cues = lay([word!, ...speak('a\u0000\u202eb')]);
    for (const line of textsOf(cues).flatMap((text) => text.split('\n'))) expect(line.length).toBeLessThanOrEqual(42);
    expect(textsOf(cues).at(-1)).toMatch(/a b$/);
    expect(lay([])).toEqual([]);
  });

  it('of three hours of speech are laid out within seconds', () => {
    const words = speak(Array(3000).fill('one two, three four five six seven. eight nine').join(' '));
    const started = performance.now();
    expect(lay(words).length).toBeGreaterThan(2000);
    expect(performance.now() - started).toBeLessThan(8000);
  });
});

describe('caption files', () => {
  const cues: Cue[] = [
    { start: 0, end: 1500, text: 'Tom & Jerry\n1 < 2' },
    { start: 3_723_456, end: 3_724_000, text: 'ends' },
  ];

  it('are written as SubRip and as WebVTT, and read back as the same cues', () => {
    expect(writeSrt(cues)).toBe(
      '1\n00:00:00,000 --> 00:00:01,500\nTom & Jerry\n1 < 2\n\n2\n01:02:03,456 --> 01:02:04,000\nends\n',
    );
    expect(writeVtt(cues)).toContain('Tom &amp; Jerry\n1 &lt; 2');
    expect(parseCaptions(writeSrt(cues))).toEqual({ ok: true, format: 'srt', cues });
    expect(parseCaptions(Buffer.from(writeVtt(cues)))).toEqual({ ok: true, format: 'vtt', cues });
  });

  it('without captions are empty as SubRip, and contain only a header as WebVTT', () => {
    expect(writeSrt([])).toBe('');
    expect(writeVtt([])).toBe('WEBVTT\n');
    expect(parseCaptions(writeVtt([]))).toMatchObject({ ok: true, cues: [] });
  });

  it('contain no tags, styles or times from the spoken text', () => {
    const hostile = [{ start: 0, end: 9, text: '<script>alert(1)</script> {\\pos(1,1)} 1 --> 2\n\n<i>' }];
    for (const written of [writeSrt(hostile), writeVtt(hostile)]) {
      expect(written).not.toMatch(/<[a-z/]|\{\\/i);
      expect(written.match(/-->/g)).toHaveLength(1);
      expect(parseCaptions(written).ok).toBe(true);
    }
  });

  it('in JSON have times in seconds, and list words only on request', () => {
    const words = speak('Hello there.');
    const segment = { start: 0, end: 900, words };
    const facts = { language: 'en', task: 'transcribe' as const, durationSeconds: 1.25, segments: [segment] };
    expect(JSON.parse(writeJson({ ...facts, words: false }))).toEqual({
      ...{ language: 'en', task: 'transcribe', duration_seconds: 1.25, text: 'Hello there.' },
      segments: [{ start: 0, end: 0.9, text: 'Hello there.' }],
    });
    const [read] = JSON.parse(writeJson({ ...facts, words: true })).segments;
    expect(read.words[0]).toEqual({ start: 0, end: 0.3, text: 'Hello', probability: 0.9 });
  });

  it('may have Windows line endings, a byte order mark, positions and comments', () => {
    const srt = '\ufeff1\r\n00:00:01,0 --> 00:00:02,0 X1:1 X2:2\r\nHi\r\n\r\n';
    expect(parseCaptions(srt)).toMatchObject({ ok: true, cues: [{ start: 1000, end: 2000, text: 'Hi' }] });
    const vtt = 'WEBVTT - title\n\nNOTE nothing\n\nid\n00:01.000 --> 00:02.000 align:start line:0%\nHi &amp; bye\n';
    expect(parseCaptions(vtt)).toMatchObject({ ok: true, cues: [{ text: 'Hi & bye' }] });
  });

  const cue = (text: string, times = '00:00:01,000 --> 00:00:02,000') => `1\n${times}\n${text}\n`;
  it.each([
    ['no captions', 'Dear diary', /Line 1: a caption must begin with/],
    ['no content', '', /contains no captions/],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x41]), /not UTF-8/],
    ['half of a character', '\ud800', /not UTF-8/],
    ['more than the maximum number of bytes', 'a'.repeat(MAX_CAPTION_BYTES + 1), /larger than 1048576 bytes/],
    ['HTML', cue('<font color="red">Hi</font>'), /Line 3: tags .*<font/],
    ['styles of ASS', cue('{\\an8}Hi'), /Line 3: tags/],
    [
      'a caption that ends before it starts',
      cue('Hi', '00:00:02,000 --> 00:00:01,000'),
      /Line 2: .*ends before it starts/,
    ],
    [
      'captions in the wrong order',
      `${cue('a', '00:00:05,000 --> 00:00:06,000')}\n${cue('b')}`,
      /Line 6: .*previous caption/,
    ],
    ['an invalid time', cue('Hi', '00:61:00,000 --> 00:62:00,000'), /Line 2: expected a time such as/],
    ['a number without a time', '1\n', /Line 2: expected a time such as/],
    ['a caption without a text', '1\n00:00:01,000 --> 00:00:02,000\n', /Line 2: the caption has no text/],
    ['a control character', cue('a\u0000b'), /Line 3: .*control character/],
    ['a time inside a text', cue('a\n00:00:03,000 --> 00:00:04,000'), /Line 4: an empty line/],
    ['a line that is too long', cue('a'.repeat(501)), /Line 3: .*500 characters/],
    ['too many lines', cue('a\n'.repeat(9)), /more than 8 lines/],
    ['a style sheet', 'WEBVTT\n\nSTYLE\n::cue { color: red }\n', /Line 3: styles/],
  ])('with %s are rejected with an error that explains the fault', (_, file, message) => {
    const read = parseCaptions(file);
    expect(read.ok ? 'accepted' : read.fault.message).toMatch(message);
  });
});
