import { describe, expect, it } from 'vitest';
import { locateInRequest, positionOf, rejectedUrl, rejectionError, rejectionProblem, sourceError } from './problems.ts';

const rejection = {
  field: 'options[2]',
  offset: 7,
  option: 'scale=w',
  reason: 'It is too large.',
  suggestion: 'Take less.',
};

describe('positionOf', () => {
  it.each([
    ['options[2]', 7, '/options/2/argument'],
    ['options[2]', null, '/options/2'],
    ['inputs[0].options[1]', 0, '/inputs/0/options/1/argument'],
    ['filters[3]', 12, '/filters/3/filter'],
    ['filters[3]', null, '/filters/3/filter'],
    ['inputs[0].url', null, '/inputs/0/url'],
    ['options[1].argument.style.x', 3, '/options/1/argument/style/x'],
    ['ffmpeg_command', 9, '/ffmpeg_command'],
    ['output_files.a/b~c', null, '/output_files/a~1b~0c'],
  ])('converts the field %s with the offset %s to the pointer %s', (field, offset, pointer) => {
    expect(positionOf(field, offset)).toEqual({ pointer, offset });
  });
});

const problemsOf = (rejections: (typeof rejection)[]) =>
  rejections.map((one) => rejectionProblem(one, undefined, locateInRequest));

describe('rejections', () => {
  it('are combined into one error that describes the first rejection and lists all rejections', () => {
    const second = { ...rejection, field: 'filters[0]', offset: 0 };
    const { details, status } = rejectionError('option_refused', problemsOf([rejection, second]));
    const first = { field: 'options[2]', option: 'scale=w', reason: 'It is too large.', suggestion: 'Take less.' };
    expect(status).toBe(422);
    expect(details).toMatchObject({ ...first, position: { pointer: '/options/2/argument', offset: 7 } });
    expect((details as { all: object[] }).all).toHaveLength(2);
  });

  it('quote URLs without their queries', () => {
    const quoting = {
      ...rejection,
      reason: "It does not read 'https://h/x.srt?token=abc'.",
      option: 'https://h/x?token=abc',
    };
    expect(JSON.stringify(rejectionError('option_refused', problemsOf([quoting])).details)).not.toContain('abc');
  });
});

describe('a source', () => {
  const privateOnly = () => ({ ok: false, reason: 'It is private.' });

  it('is rejected in the field that names it if its URL may not be fetched, except for gs:// URLs, which other code checks', () => {
    expect(rejectedUrl(privateOnly, { url: 'gs://b/a', field: 'inputs[0].url' })).toBeNull();
    const source = { url: 'http://10.0.0.1/a.srt', field: 'filters[1]' };
    expect(rejectedUrl(privateOnly, source)).toBe('It is private.');
    expect(sourceError(source, 'It is private.', locateInRequest)).toMatchObject({
      code: 'source_refused',
      details: { field: 'filters[1]', reason: 'It is private.' },
    });
  });
});
