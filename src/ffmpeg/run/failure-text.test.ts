import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../testkit/any-character.ts';
import { leastCpuMs } from '../../../testkit/cpu-time.ts';
import { run } from '../../../testkit/run.ts';
import { failures } from '../../contract/failures.ts';
import { inputSecurityArgs } from '../probe/probe.ts';
import { explainFailure } from './failure-text.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'airlock-failure-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const ended = (stderr: string, more = {}) =>
  explainFailure({ end: 'exit', exitCode: 1, signal: null, stderr, ...more });

async function realStderr(args: string[]): Promise<string> {
  const given = run('ffmpeg', ['-nostdin', '-hide_banner', '-v', 'warning', ...args]);
  return (await given.catch((error) => error)).stderr;
}

describe('explainFailure', () => {
  it.each([
    ['limit_wall', 'limit_time'],
    ['limit_cpu', 'limit_cpu'],
    ['limit_memory', 'limit_memory'],
    ['limit_output', 'limit_output'],
    ['limit_processes', 'limit_processes'],
    ['violation', 'sandbox_violation'],
  ])('maps the end %s to %s', (end, code) => {
    expect(explainFailure({ end, exitCode: null, signal: 'SIGKILL', stderr: 'Invalid data found' }).code).toBe(code);
  });

  it.each([
    [159, 'sandbox_violation'],
    [153, 'limit_output'],
    [152, 'limit_cpu'],
  ])('maps the exit code %d to %s', (exitCode, code) => expect(ended('', { exitCode }).code).toBe(code));

  it.each([
    ['the exit code 137', { end: 'crash', exitCode: 137 }],
    ['the signal SIGKILL', { end: 'crash', exitCode: null, signal: 'SIGKILL' }],
    ['a cancellation', { end: 'canceled', exitCode: null }],
  ])('does not blame the input if %s shows that the program was killed', (_, facts) => {
    const stderr = 'Invalid data found when processing input';
    for (const stage of ['probe', 'encode'] as const) expect(ended(stderr, { ...facts, stage }).code).toBe('internal');
  });

  it('reports a file without an index as cut off', async () => {
    const path = join(dir, 'cut.mp4');
    await writeFile(
      path,
      Buffer.concat([
        Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42', 'latin1'),
        Buffer.from('\0\0\x10\0mdat', 'latin1'),
        Buffer.alloc(100),
      ]),
    );
    const { code, message } = ended(await realStderr([...inputSecurityArgs('mov'), '-i', path, '-f', 'null', '-']));
    expect(code).toBe('invalid_media');
    expect(message).toContain('cut off');
  });

  it('names a codec that the container does not support', async () => {
    const stderr = await realStderr([
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=64x48:d=0.1',
      '-c:v',
      'libvpx',
      '-f',
      'mp4',
      join(dir, 'x.mp4'),
    ]);
    const { code, message } = ended(stderr);
    expect(code).toBe('unsupported_codec');
    expect(message).toContain('vp8');
  });

  it('quotes FFmpeg’s message about a rejected value', async () => {
    const stderr = await realStderr([
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=64x48:d=0.1',
      '-c:v',
      'libx264',
      '-preset',
      'photo',
      join(dir, 'y.mp4'),
    ]);
    expect(ended(stderr).code).toBe('encode_failed');
    expect(ended(stderr).message.toLowerCase()).toContain('preset');
  });

  it('reports the input as the cause of a failed probe', () => {
    expect(ended('something odd', { stage: 'probe' }).code).toBe('invalid_media');
    expect(ended('something odd').code).toBe('encode_failed');
  });

  it('shows inputs by their number, and shows no path or URL', () => {
    const { message } = ended(
      '[in#0 @ 0x55d0c0a1b2c3] Error opening input: /in/0 https://user:pw@host/x?sig=1 file:/out/output.mp4 /etc/shadow failed',
    );
    expect(message).not.toMatch(/\/in\/|https|sig=|\/out|shadow|0x55/);
    expect(message).toContain('input 1');
  });

  it.each([
    'codec ',
    'Decoder ',
    'Could not find tag for codec a in stream ',
    'Resource temporarily unavailable',
    'Error opening input',
    'Only a video and a audio',
    "Stream specifier ':v' in filtergraph description ",
    "Error applying option '",
    '/a',
    '[a] ',
    'a+a',
  ])('needs less than 80 ms for a long line with text of an input: %s', (text) => {
    const line = text.repeat(Math.ceil(65_536 / text.length));
    expect(leastCpuMs(() => ended(line), 80)).toBeLessThan(80);
  });

  it('always returns a declared code and one short line', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: anyCharacter, maxLength: 2000 }),
        fc.constantFrom('probe', 'encode'),
        fc.nat(255),
        (stderr, stage, exitCode) => {
          const { code, message } = explainFailure({
            end: 'exit',
            exitCode,
            signal: null,
            stderr,
            stage: stage as 'probe',
          });
          expect(Object.keys(failures)).toContain(code);
          expect(message.length).toBeGreaterThan(0);
          expect(message.length).toBeLessThanOrEqual(300);
          expect(message).not.toMatch(/[\n\r\u0000-\u001f]/);
        },
      ),
      { numRuns: 500 },
    );
  });
});
