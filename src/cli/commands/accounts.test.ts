import { describe, expect, it } from 'vitest';
import { checkAccountName } from '../account-name.ts';
import { readChanges } from './accounts.ts';

describe('settings on the command line', () => {
  it('are read as numbers, as words that restore defaults, and as switches', () => {
    const texts = {
      memoryMb: '64',
      wallSeconds: 'default',
      monthlyMinutes: ' 0 ',
      maxQueued: 'none',
      disarm: 'on',
      json: true,
    };
    expect(readChanges(texts)).toEqual({
      memory_mb: 64,
      wall_seconds: null,
      max_queued: null,
      monthly_minutes: 0,
      disarm: true,
    });
  });

  const wrong: [texts: Record<string, string>, message: RegExp][] = [
    [{}, /Nothing to set.*--help/],
    [
      { cpuSeconds: '0' },
      /^--cpu-seconds must be an integer from 1 to 10000000 \(1 is the minimum: .*\), or "default"; not "0"/,
    ],
    [{ wallSeconds: '-5' }, /^--wall-seconds .*not "-5"/],
    [{ outputMb: '1.5' }, /^--output-mb .*not "1\.5"/],
    [{ memoryMb: '2gb' }, /not "2gb"/],
    [{ maxQueued: '1e3' }, /not "1e3"/],
    [{ maxQueued: '0x10' }, /not "0x10"/],
    [{ memoryMb: 'NaN' }, /not "NaN"/],
    [{ memoryMb: 'Infinity' }, /not "Infinity"/],
    [{ memoryMb: '' }, /not ""/],
    [{ maxConcurrent: '2147483648' }, /to 2147483647/],
    [{ maxUploadBytes: '100000000001' }, /to 100000000000/],
    [{ disarm: 'yes' }, /^--disarm must be on or off, not "yes"/],
    [{ memoryMb: '512', disabled: 'default' }, /^--disabled must be on or off/],
  ];
  it.each(wrong)('are rejected with a message that explains the fault: %j', (texts, message) => {
    expect(() => readChanges(texts)).toThrow(message);
  });
});

describe('the name of an account', () => {
  it('can be any single line of text, and is trimmed', () => {
    expect(checkAccountName('  Ö & sons 🎬 ')).toBe('Ö & sons 🎬');
  });

  it.each(['', '   ', 'a\nb', 'a\u001b[31m', 'x'.repeat(101)])(
    'is rejected if it is empty, too long or not a plain line of text: %j',
    (name) => {
      expect(() => checkAccountName(name)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    },
  );
});
