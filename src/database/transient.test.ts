import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isTransient, retryTransient } from './transient.ts';

const withCode = (code: string) => Object.assign(new Error('failed'), { code });

/** Errors of `pg` and `pg-pool` for which a retry does not help. Everything else in these files is raised for a broken connection. */
const PERMANENT = [
  'Called end on pool more than once',
  'Cannot use a pool after calling end on the pool',
  'Client has already been connected. You cannot reuse a client.',
  'Client was passed a null or undefined query',
  'Passing a function as the first parameter to pool.query is not supported',
  'Password must be a string',
  'Release called on client which has already been released to the pool.',
  'The server does not support SSL connections',
  'callback is not a function',
  'unexpected condition',
];

/** Returns the messages of the errors that the installed driver raises for a client, a connection or a pool. */
async function driverErrors(): Promise<string[]> {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('pg/package.json');
  const files = ['client.js', 'connection.js'].map((name) => join(dirname(manifest), 'lib', name));
  const texts = await Promise.all(
    [...files, createRequire(manifest).resolve('pg-pool')].map((file) => readFile(file, 'utf8')),
  );
  const errors = texts.join('\n').matchAll(/Error\((['"])(.+?)\1/g);
  return [...new Set([...errors].map(([, , message]) => message!))];
}

describe('a failed query', () => {
  it.each([
    '08006',
    '25006',
    '25P03',
    '57P01',
    '57P03',
    '53100',
    '53300',
    '57014',
    '58030',
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

  it('is transient for every error of the driver, except errors in the arguments or in the order of calls', async () => {
    const found = await driverErrors();
    const permanent = found.filter((message) => !isTransient(new Error(message)));
    expect(permanent.sort()).toEqual(PERMANENT);
    expect(found.length - permanent.length).toBeGreaterThan(15);
  });

  it('is transient if one of several addresses of the server rejected the connection', () => {
    expect(isTransient(new AggregateError([withCode('EACCES'), withCode('ECONNREFUSED')]))).toBe(true);
    expect(isTransient(new AggregateError([withCode('EACCES')]))).toBe(false);
  });

  it.each(['23505', '42P01', '22P02'])('is not transient: %s', (code) => {
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
