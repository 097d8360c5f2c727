import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CellSpec } from '../../src/sandbox/index.ts';
import { type Fixture, LIMITS, openFixture, TIMEOUT } from './cell-fixture.ts';

vi.setConfig(TIMEOUT);

const TITLE = 'Merger of A and B, confidential';
const CAPTION = 'embargoed until Friday';
const ATTACKER = 61999;

/** Returns what an unprivileged account on this machine can read about the command lines and environments of all processes. */
function seenByAStranger(): string {
  const script = 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" " "; true';
  const command = ['/bin/sh', '-c', script];
  const account = ['/usr/bin/setpriv', `--reuid=${ATTACKER}`, `--regid=${ATTACKER}`, '--clear-groups'];
  const [program, ...args] = process.getuid!() === 0 ? [...account, ...command] : command;
  return execFileSync(program!, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
}

describe.each(['bwrap', 'landlock'] as const)('customer text in a cell of the tier %s', (tier) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await openFixture(1, tier);
  });
  afterAll(() => fixture.close());

  const graph = `[0:v]drawtext=text='${CAPTION}':expansion=none[v];[1:a]anull[a]`;
  const encode = (seconds: number, more: Partial<CellSpec> = {}) =>
    fixture.sandbox.run({
      program: 'ffmpeg',
      args: [
        ...['-nostdin', '-y', '-progress', 'pipe:1', '-stats_period', '0.1', '-re'],
        ...['-f', 'lavfi', '-i', `testsrc=s=64x64:r=10:d=${seconds}`, '-f', 'lavfi', '-i', `sine=d=${seconds}`],
        ...['-filter_complex', graph, '-map', '[v]', '-map', '[a]', '-map_metadata', '-1'],
        ...['-metadata', `title=${TITLE}`, '-metadata:s:a:0', `title=${CAPTION} /in/0`, '/out/out.mkv'],
      ],
      inputs: [],
      outputs: ['out.mkv'],
      limits: LIMITS,
      slot: 0,
      ...more,
    });

  it('is not visible to other accounts on the machine', async () => {
    const stop = new AbortController();
    let seen = '';
    const onStdout = () => {
      seen ||= seenByAStranger();
      stop.abort();
    };
    const result = await encode(600, { signal: stop.signal, onStdout });
    await result.release();
    expect(['-stats_period 0.1', TITLE, CAPTION].map((text) => seen.includes(text))).toEqual([true, false, false]);
  });

  it('reaches FFmpeg unchanged', async () => {
    const result = await encode(0.2);
    expect(result, result.stderr).toMatchObject({ end: 'exit', exitCode: 0 });
    const output = readFileSync(join(result.outputDir, 'out.mkv'));
    await result.release();
    expect([TITLE, `${CAPTION} /in/0`].map((text) => output.includes(text))).toEqual([true, true]);
  });
});
