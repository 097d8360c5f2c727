import { describe, expect, test } from 'vitest';
import { expressionText } from '../expressions/index.ts';
import { describeFilterValue, readValue } from './read-value.ts';
import type { FilterValue } from './types.ts';

const integer: FilterValue = { type: 'integer', min: 0, max: 100_000 };
const number: FilterValue = { type: 'number', min: -10, max: 3e9 };
const boolean: FilterValue = { type: 'boolean' };
const choice: FilterValue = { type: 'choice', values: ['up', 'down', 'I'], aliases: { '1': 'up', dn: 'down' } };
const flags: FilterValue = { type: 'flags', values: ['a', 'b'] };
const list: FilterValue = { type: 'list', values: ['yuv420p', 'rgb24'], separator: '|', max: 2 };
const numbers: FilterValue = { type: 'numbers', separator: ' ', min: 0, max: 9000, maxCount: 3 };
const color: FilterValue = { type: 'color' };
const colors: FilterValue = { type: 'colors', separator: '|', maxCount: 2 };
const time: FilterValue = { type: 'time', min: 0, max: 43_200 };
const size: FilterValue = { type: 'size', maxSide: 8192, maxPixels: 8192 * 4320 };
const rate: FilterValue = { type: 'rate', max: 120 };
const ratio: FilterValue = { type: 'ratio' };
const text: FilterValue = { type: 'text', maxBytes: 10 };
const pattern: FilterValue = { type: 'pattern', pattern: /a+b/, maxLength: 5, hint: 'some a and a b' };
const style: FilterValue = { type: 'force-style' };
const expression: FilterValue = { type: 'expression', variables: ['t'] };
const expressions: FilterValue = { type: 'expressions', variables: ['t'], separator: '|', maxCount: 2 };

describe('a value of a filter', () => {
  test.each<[FilterValue, string, string]>([
    [integer, '044', '44'],
    [integer, '44100*1.25', '55125'],
    [integer, '48k', '48000'],
    [integer, '2.5', '2'],
    [integer, '3.5', '4'],
    [integer, '-0.2', '0'],
    [number, '2e+09', '2000000000'],
    [number, '1/0.9', '1.1111111111111112'],
    [number, '-20dB', '0.1'],
    [boolean, 'true', '1'],
    [boolean, 'Off', '0'],
    [boolean, '1', '1'],
    [choice, 'up', 'up'],
    [choice, 'UP', 'up'],
    [choice, '1', 'up'],
    [choice, 'dn', 'down'],
    [choice, 'I', 'I'],
    [flags, 'a+b', 'a+b'],
    [flags, '+a-b', '+a-b'],
    [flags, 'a|b', 'a+b'],
    [list, 'yuv420p|RGB24', 'yuv420p|rgb24'],
    [numbers, ' 500  2000 ', '500 2000'],
    [color, 'red', '0xff0000'],
    [color, '#00FF0080', '0x00ff00@0.501961'],
    [color, 'black@0.5', '0x000000@0.5'],
    [colors, 'red|white', '0xff0000|0xffffff'],
    [time, '00:01:05.5', '65.5'],
    [time, '01:05', '65'],
    [time, '500ms', '0.5'],
    [time, '1.50', '1.5'],
    [time, '3600*2', '7200'],
    [size, '640x360', '640x360'],
    [size, 'hd720', '1280x720'],
    [rate, '30000/1001', '30000/1001'],
    [rate, '1/300', '1/300'],
    [rate, 'ntsc', '30000/1001'],
    [rate, '23.976', '23.976'],
    [ratio, '16:9', '16/9'],
    [ratio, '16/9', '16/9'],
    [ratio, '1', '1'],
    [text, "it's: [x]", "it's: [x]"],
    [text, '', ''],
    [text, 'a\nb', 'a\nb'],
    [pattern, 'aaab', 'aaab'],
    [style, 'fontname=DejaVu Sans , FontSize=24', 'FontName=DejaVu Sans,FontSize=24'],
    [style, 'PrimaryColour=&H00ffffff&,Bold=-1', 'PrimaryColour=&H00FFFFFF,Bold=-1'],
    [expressions, 'sin( t )|2*t', 'sin(t)|2*t'],
  ])('with the type %j is read: %j becomes %j', (spec, given, written) => {
    expect(readValue(spec, given)).toMatchObject({ ok: true, type: 'text', text: written });
  });

  test.each<[FilterValue, string, number]>([
    [integer, '-1', 0],
    [integer, '100001', 0],
    [integer, '', 0],
    [integer, 'random(0)', 0],
    [integer, 'nan', 0],
    [integer, '1e999', 0],
    [integer, 't', 0],
    [number, 'while(1,1)', 0],
    [boolean, '2', 0],
    [boolean, 'auto', 0],
    [choice, 'left', 0],
    [choice, 'constructor', 0],
    [choice, '__proto__', 0],
    [flags, 'a+c', 1],
    [flags, 'a|b|c', 3],
    [flags, '|a', 0],
    [flags, '', 0],
    [list, 'yuv420p|gray', 8],
    [list, 'rgb24|rgb24|rgb24', 0],
    [numbers, '1 2 3 4', 0],
    [numbers, '1 x', 2],
    [list, 'yuv420p|420', 8],
    [color, 'reddish', 0],
    [color, 'red@2', 0],
    [color, 'random', 0],
    [colors, 'red|red|red', 0],
    [time, '-1', 0],
    [time, '43201', 0],
    [time, '1:99', 0],
    [size, '0x10', 0],
    [size, '9000x10', 0],
    [size, '8192x8192', 0],
    [rate, '240', 0],
    [rate, '0', 0],
    [rate, '1/0', 0],
    [ratio, '-1', 0],
    [ratio, '1/0', 0],
    [text, '0123456789a', 0],
    [text, 'a\u0007', 1],
    [text, 'ééééééé', 0],
    [pattern, 'xaab', 0],
    [pattern, 'aaaaab', 0],
    [style, 'FontSize=24,Foo=1', 12],
    [style, 'FontSize=9999', 0],
    [style, "FontName=a'b", 0],
    [style, 'FontName={\\b1}', 0],
    [style, '', 0],
    [expression, 't+x', 2],
    [expressions, 't|t|t', 0],
    [expressions, 't|x', 2],
    [expressions, 't|', 2],
  ])('with the type %j is rejected: %j at offset %d', (spec, given, at) => {
    const result = readValue(spec, given);
    expect(result).toMatchObject({ ok: false, at });
    expect(!result.ok && result.suggestion.length).toBeGreaterThan(0);
  });

  test('of the type expression stays an expression', () => {
    const result = readValue(expression, '2 * t');
    expect(result.ok && result.type === 'expression' && expressionText(result.expression)).toBe('2*t');
  });

  test.each([
    ['https://x.org/a.srt', 'https://x.org/a.srt'],
    ['gs://bucket/20261124-a.srt', 'gs://bucket/20261124-a.srt'],
    ['input:03', 'input:3'],
  ])('can name the file %s', (given, source) => {
    expect(readValue({ type: 'asset', kind: 'subtitle' }, given)).toEqual({ ok: true, type: 'asset', source });
  });

  test.each([
    ...[
      '',
      'a.srt',
      '/etc/passwd',
      '../a',
      'file:///etc/passwd',
      'http:/x',
      'https://',
      'ftp://x/a',
      'data:text/plain,x',
    ],
    ...[
      'input:',
      'input:100',
      'input:-1',
      'concat:a|b',
      'https://x.org/a b',
      'https://x.org/\\a',
      `https://x/${'a'.repeat(2048)}`,
    ],
  ])('cannot name the file %s', (given) => {
    expect(readValue({ type: 'asset', kind: 'subtitle' }, given)).toMatchObject({ ok: false });
  });

  test('has a description for every type', () => {
    const kinds = [integer, number, boolean, choice, flags, list, numbers, color, colors, time, size, rate, ratio];
    for (const spec of [...kinds, text, pattern, style, expression, expressions]) {
      expect(describeFilterValue(spec)).toMatch(/^Use .*\.$/);
    }
  });
});
