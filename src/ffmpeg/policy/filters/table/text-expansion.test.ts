import { describe, expect, it } from 'vitest';
import { checkExpansion } from './text-expansion.ts';

const allowed = (text: string) => checkExpansion(text, 't n w h') === null;

describe('checkExpansion', () => {
  it.each([
    'plain text',
    '100%% sure',
    '\\%{not looked at',
    '%{n} %{pts} %{pts:hms} %{pts:flt:-3.5}',
    '%{eif:trunc(10-t):d} left',
    '%{eif:mod(n, 60):d:2}',
    '%{e:2*PI*t}',
  ])('allows %j', (text) => {
    expect(allowed(text)).toBe(true);
  });

  it.each([
    '100% sure',
    '%',
    '%{',
    '%{metadata:title}',
    '%{localtime}',
    '%{gmtime}',
    '%{pts:localtime:0}',
    '%{eif:while(1,0):d}',
    '%{eif:print(t):d}',
    '%{eif:st(0,1):d}',
    '%{eif:root(t,1):d}',
    '%{eif:unknown:d}',
    '%{eif:%{n}:d}',
    '%{e:2}%{metadata:x}',
    `%{e:${'1+'.repeat(200)}1}`,
  ])('rejects %j with an alternative', (text) => {
    expect(checkExpansion(text, 't n w h')).toMatchObject({ option: 'text', suggestion: expect.stringMatching(/\.$/) });
  });
});
