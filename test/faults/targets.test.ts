import { describe, expect, it } from 'vitest';
import { FrameReader, StatementTexts } from '../../testkit/faults/postgres-frames.ts';
import { parseTarget, requestName, showTarget, statementName } from '../../testkit/faults/targets.ts';

/** Returns a message of PostgreSQL's protocol. */
function message(type: string, ...texts: string[]): Buffer {
  const body = Buffer.from(texts.map((text) => `${text}\0`).join(''));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(type, 'latin1'), length, body]);
}

describe('the name of a statement', () => {
  it('is the same for any number of values, and differs for other texts', () => {
    const one = statementName('SELECT id FROM jobs WHERE id IN ($1)', null);
    expect(one).toMatch(/^select-jobs-[0-9a-f]{8}$/);
    expect(statementName('select id from jobs where id in ($1, $2)', null)).not.toBe(one);
    expect(statementName('SELECT id\n  FROM jobs WHERE id IN ($1, $2, $3)', null)).toBe(one);
    expect(statementName('SELECT id FROM jobs WHERE key IN ($1)', null)).not.toBe(one);
  });

  it('contains the statement before it if it ends a transaction', () => {
    expect(statementName('begin', null)).toBe('begin');
    expect(statementName('COMMIT', 'insert-jobs-12345678')).toBe('commit after insert-jobs-12345678');
  });

  it('is part of a target that can be printed and parsed', () => {
    const target = {
      via: 'database',
      role: 'worker',
      name: 'commit after insert-jobs-12345678',
      occurrence: 2,
    } as const;
    expect(showTarget(target)).toBe('worker database commit after insert-jobs-12345678 2');
    expect(parseTarget(showTarget(target))).toEqual(target);
  });
});

it('the name of a request contains its method, the kind of its key and its parameters, but no ids', () => {
  const id = '0191b1d2-7a1c-7b9f-8d4e-3f2a1b0c9d8e';
  expect(requestName('PUT', `/airlock/outputs/${id}/${id}/${id}-1.mp4?X-Amz-Date=1&partNumber=2`)).toBe(
    'PUT-outputs/*/*/*-1.mp4?partNumber',
  );
  expect(requestName('HEAD', '/airlock')).toBe('HEAD-bucket');
});

describe('the messages of PostgreSQL', () => {
  it('are read from chunks of any size', () => {
    const bytes = Buffer.concat([message('', 'login'), message('Q', 'SELECT 1'), message('S')]);
    for (const size of [1, 3, bytes.length]) {
      const reader = new FrameReader('client');
      const types: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        types.push(...reader.push(bytes.subarray(at, at + size)).map(({ type }) => type));
      }
      expect(types).toEqual(['', 'Q', 'S']);
    }
  });

  it('name the text of a prepared statement each time that it is executed', () => {
    const texts = new StatementTexts();
    const read = (...sent: Buffer[]) =>
      new FrameReader('server').push(Buffer.concat(sent)).map((frame) => texts.textOf(frame));
    const prepared = [message('P', 'one', 'SELECT 1'), message('B', '', 'one'), message('E', '')];
    expect(read(...prepared)).toEqual([null, null, 'SELECT 1']);
    expect(read(...prepared.slice(1))).toEqual([null, 'SELECT 1']);
  });
});
