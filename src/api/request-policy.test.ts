import { describe, expect, it } from 'vitest';
import { ApiError } from '../contract/errors.ts';
import { checkRefusals, checkSources, positionOf, requestedAssets } from './request-policy.ts';

const refusal = {
  field: 'options[2]',
  offset: 7,
  option: 'scale=w',
  reason: 'It is too large.',
  suggestion: 'Take less.',
};

describe('positions', () => {
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
  ])('of %s at %s lead to %s', (field, offset, pointer) => {
    expect(positionOf(field, offset)).toEqual({ pointer, offset });
  });
});

describe('refusals', () => {
  it('are told with the first in front and each with its position', () => {
    const second = { ...refusal, field: 'filters[0]', offset: 0 };
    try {
      checkRefusals([refusal, second]);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ApiError);
      const { details, status } = error as ApiError;
      const first = { field: 'options[2]', option: 'scale=w', reason: 'It is too large.', suggestion: 'Take less.' };
      expect(status).toBe(422);
      expect(details).toMatchObject({ ...first, position: { pointer: '/options/2/argument', offset: 7 } });
      expect((details as { all: object[] }).all).toHaveLength(2);
    }
  });

  it('hold no query of a URL that they quote', () => {
    const quoting = {
      ...refusal,
      reason: "It does not read 'https://h/x.srt?token=abc'.",
      option: 'https://h/x?token=abc',
    };
    expect(() => checkRefusals([quoting])).toThrow(
      expect.toSatisfy((error: ApiError) => !JSON.stringify(error.details).includes('abc')),
    );
  });
});

describe('sources', () => {
  it('that may not be fetched are refused in the field that names them; gs:// is not judged here', () => {
    const deps = { checkSourceUrl: () => ({ ok: false, reason: 'It is private.' }) };
    expect(() => checkSources(deps, [{ url: 'gs://b/a', field: 'inputs[0].url' }])).not.toThrow();
    const check = () => checkSources(deps, [{ url: 'http://10.0.0.1/a.srt', field: 'filters[1]' }]);
    expect(check).toThrow(expect.objectContaining({ code: 'source_refused' }));
    expect(check).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field: 'filters[1]', reason: 'It is private.' }) }),
    );
  });

  it('of assets keep their place among all assets when some are job inputs', () => {
    const assets = [
      { kind: 'media' as const, source: { type: 'input' as const, index: 1 }, field: 'filters[0]' },
      { kind: 'subtitle' as const, source: { type: 'url' as const, url: 'https://h/x.srt' }, field: 'filters[0]' },
    ];
    const parsed = { assets, output: [], inputs: [], video: [], audio: [], graph: null, refusals: [], warnings: [] };
    expect(requestedAssets(parsed)).toEqual([
      { index: 1, kind: 'subtitle', url: 'https://h/x.srt', field: 'filters[0]' },
    ]);
  });
});
