import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isTransient, retryTransient } from './transient.ts';

const withCode = (code: string) => Object.assign(new Error('failed'), { code });

describe('a failed query', () => {
  it.each([
    '08006',
    '25006',
    '25P03',
    '57P01',
    '57P03',
    '53300',
    '40001',
    '40P01',
    '55P03',
    'ECONNREFUSED',
    'EHOSTUNREACH',
  ])('is transient: %s', (code) => {
    expect(isTransient(withCode(code))).toBe(true);
  });

  it('is transient when the server’s socket is missing, but not when a file is missing', async () => {
    const noSocket = await new Promise((resolve) => connect('/nowhere/.s.PGSQL.5432').once('error', resolve));
    expect(isTransient(noSocket)).toBe(true);
    const noFile = await readFile('/nowhere/a file').catch((error) => error);
    expect(noFile.code).toBe('ENOENT');
    expect(isTransient(noFile)).toBe(false);
  });

  it('is transient when the driver lost its connection', () => {
    expect(isTransient(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isTransient(new Error('timeout exceeded when trying to connect'))).toBe(true);
    expect(isTransient(new Error('Query read timeout'))).toBe(true);
  });

  it.each(['23505', '42P01', '22P02', '57014'])('is not transient: %s', (code) => {
    expect(isTransient(withCode(code))).toBe(false);
  });

  it('is repeated until it succeeds', async () => {
    let calls = 0;
    const work = async () => {
      calls += 1;
      if (calls < 3) throw withCode('57P03');
      return 'done';
    };
    expect(await retryTransient(work, 5000)).toBe('done');
    expect(calls).toBe(3);
  });

  it('is not repeated after a permanent error, after its time limit, or after its caller has aborted', async () => {
    let calls = 0;
    const fail = (code: string) => async () => {
      calls += 1;
      throw withCode(code);
    };
    await expect(retryTransient(fail('23505'), 5000)).rejects.toMatchObject({ code: '23505' });
    await expect(retryTransient(fail('57P03'), 0)).rejects.toMatchObject({ code: '57P03' });
    await expect(retryTransient(fail('57P03'), 5000, AbortSignal.abort())).rejects.toMatchObject({ code: '57P03' });
    expect(calls).toBe(3);
  });
});
