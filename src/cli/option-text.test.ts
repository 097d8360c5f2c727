import { describe, expect, it } from 'vitest';
import { readOptionText } from './option-text.ts';

describe('the text of --option', () => {
  it.each([
    ['-an', { option: '-an' }],
    ['  -c:v   libx265 ', { option: '-c:v', argument: 'libx265' }],
    ['-vf scale=640:-2,hflip', { option: '-vf', argument: 'scale=640:-2,hflip' }],
    ['-vf "scale=640:-2, hflip"', { option: '-vf', argument: 'scale=640:-2, hflip' }],
    ["-vf 'scale=640:-2'", { option: '-vf', argument: 'scale=640:-2' }],
    ["-vf drawtext=text='two words',hflip", { option: '-vf', argument: "drawtext=text='two words',hflip" }],
    ["-vf 'a'b'c'", { option: '-vf', argument: "'a'b'c'" }],
    ['-metadata title=A "B"', { option: '-metadata', argument: 'title=A "B"' }],
  ])('is parsed into an option and its argument: %s', (text, option) => expect(readOptionText(text)).toEqual(option));

  it('is rejected if it does not start with a dash', () => expect(() => readOptionText('crf 23')).toThrow('dash'));
});
