import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../testkit/any-character.ts';
import { createLogger } from './logger.ts';

const KEY = 'al_live_0123456789abcdefABCDEF0123456789abcd';
const URL_WITH_SECRET = 'https://b.example.com/a.mp4?X-Amz-Signature=6f3c2b7a9d&X-Amz-Credential=AKIA0001';
const SECRETS = ['0123456789abcdef', '6f3c2b7a9d', 'AKIA0001', 'hunter2'];

function capture(pretty = false) {
  const lines: string[] = [];
  const logger = createLogger({
    level: 'trace',
    role: 'worker',
    pretty,
    destination: { write: (line) => void lines.push(line) },
  });
  return { logger, lines };
}

describe('the logger', () => {
  it('writes one JSON object per line, with time, level name, role and pid', () => {
    const { logger, lines } = capture();
    logger.info({ jobId: 'j1' }, 'job started');
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(JSON.parse(lines[0]!)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      role: 'worker',
      pid: process.pid,
      jobId: 'j1',
      msg: 'job started',
    });
  });

  it('logs no secret, in any position', () => {
    const { logger, lines } = capture();
    const cause = new Error(`connect postgres://app:hunter2@db/x with ${KEY}`);
    const error = Object.assign(new Error(`GET ${URL_WITH_SECRET} failed`, { cause }), {
      url: URL_WITH_SECRET,
      headers: { authorization: `Bearer ${KEY}` },
    });
    logger.error(error);
    logger.error({ err: error }, `failed for ${KEY}`);
    logger.error({ err: new AggregateError([error, cause], URL_WITH_SECRET) }, 'several');
    logger.warn({ deep: [{ inputs: [{ url: URL_WITH_SECRET }], key: KEY }] }, 'bad %s', URL_WITH_SECRET);
    logger.info({ password: 'hunter2', request: { cookie: 'hunter2', headers: [KEY] }, apiKey: 'hunter2' });
    logger.info({ [URL_WITH_SECRET]: 1, [KEY]: 2 });
    logger.info(`text "quoted" \\ ${URL_WITH_SECRET}\nnext Authorization: Basic hunter2`);
    logger.child({ source: URL_WITH_SECRET, authorization: KEY }).child({ again: KEY }).info('child');
    logger.info({ req: { id: 'r1', method: 'GET', url: `/v1/x?api_key=${KEY}`, headers: { authorization: KEY } } });
    logger.info({ json: JSON.stringify({ inner: JSON.stringify({ url: URL_WITH_SECRET }) }) });
    expect(lines).toHaveLength(10);
    for (const line of lines) {
      JSON.parse(line);
      for (const secret of SECRETS) expect(line).not.toContain(secret);
    }
    expect(lines[0]).toContain('https://b.example.com/a.mp4?[removed]');
    expect(JSON.parse(lines[8]!).req).toEqual({ id: 'r1', method: 'GET', path: '/v1/x' });
  });

  it('drops the headers of errors of HTTP clients, regardless of their names', () => {
    const { logger, lines } = capture();
    logger.error(Object.assign(new Error('answered 403'), { headers: { 'x-custom-auth': 'opaque' } }));
    expect(lines[0]).toContain('answered 403');
    expect(lines[0]).not.toContain('opaque');
  });

  it('writes valid JSON without the key for any text in message, field, name, error and binding', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: anyCharacter }),
      fc.string({ unit: fc.constantFrom(...'"\\?&=\n:/\' ') }),
    );
    fc.assert(
      fc.property(text, text, (before, after) => {
        const { logger, lines } = capture();
        const secret = `${before}${KEY}${after}`;
        logger
          .child({ bound: secret })
          .info({ a: { [secret]: [secret] }, err: new Error(secret) }, secret.replace('%', ''));
        const line = lines.join('');
        JSON.parse(line);
        return line.indexOf('\n') === line.length - 1 && !line.includes('0123456789abcdef');
      }),
      { numRuns: 500 },
    );
  });

  it('writes a readable line on request, without terminal escapes from the data', () => {
    const { logger, lines } = capture(true);
    logger.warn({ name: 'a\u001b[2Jb\u202ec', size: 3, note: 'two words' }, 'odd\u001b]0;title\u0007 name');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d WARN {2}worker odd ]0;title {2}name name=.* size=3 note="two words"\n$/);
    expect(lines[0]).not.toMatch(/[\u001b\u0007\u202e]/);
    logger.error(new Error(`broken ${KEY}`));
    expect(lines[1]).toMatch(/ERROR worker broken al_live_\[removed\]\n {4}Error: broken al_live_\[removed\]\n {8}at /);
  });

  it('is silent below its level', () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    createLogger({ level: 'warn', role: 'api', destination }).info('hello');
    expect(lines).toEqual([]);
  });
});
