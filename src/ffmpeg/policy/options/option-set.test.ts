import { describe, expect, it } from 'vitest';
import { OptionSet } from './option-set.ts';
import { parseRequest } from './parse-request.ts';

describe('a rate among options', () => {
  it('is a number, even if it is written as a fraction or a name', () => {
    const rate = (argument: string | number) => {
      const options = [{ option: '-framerate', argument }];
      const parsed = parseRequest({ inputs: [{ url: 'gs://b/a.png', options }], outputFormat: 'mp4' });
      return new OptionSet(parsed.inputs[0]!).rate('framerate');
    };
    expect([rate(25), rate('30000/1001'), rate('film')]).toEqual([25, 30000 / 1001, 24]);
    expect(new OptionSet([]).rate('r')).toBeNull();
  });
});
