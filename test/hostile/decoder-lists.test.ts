import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_DECODERS } from '../../src/ffmpeg/policy/inputs/default-decoders.ts';
import { skipNote } from '../helpers/skip-note.ts';
import { hasCompiler, TIMEOUT } from './cell-fixture.ts';

vi.setConfig(TIMEOUT);

/** Inputs per process. The test starts few processes, because a process takes more time to start than to read a hundred inputs. */
const BATCH = 100;
const ALLOWED = DEFAULT_DECODERS.map(({ name }) => name);
const LIST = ['-codec_whitelist', ALLOWED.join(',')];
const folder = mkdtempSync(join(tmpdir(), 'airlock-decoders-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Decoder {
  type: 'v' | 'a';
  name: string;
}

function runFfmpeg(args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  return spawnSync('ffmpeg', ['-nostdin', ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 26,
  }).stderr;
}

/** The decoders of video and sound that this machine's FFmpeg has and the default list lacks. */
function otherDecoders(): Decoder[] {
  const table = execFileSync('ffmpeg', ['-v', 'quiet', '-decoders'], { encoding: 'utf8' });
  const rows = [...table.matchAll(/^ ([VA])[A-Z.]{5} ([\w.-]+) /gm)];
  return rows
    .filter(([, , name]) => !ALLOWED.includes(name!))
    .map(([, type, name]) => ({ type: type === 'V' ? 'v' : 'a', name: name! }));
}

/** Asks FFmpeg for each decoder by its name, and returns the decoders that ran and the decoders that FFmpeg rejected. */
function ask(decoders: readonly Decoder[], options: readonly string[]): { ran: string[]; rejected: string[] } {
  const inputs = decoders.map(({ type, name }) => [...options, `-c:${type}`, name, '-i', join(folder, `${type}.mkv`)]);
  const trap = { LD_PRELOAD: join(folder, 'trap.so'), AIRLOCK_TRAP_SPARED: `,${ALLOWED.join(',')},` };
  const count = Math.ceil(inputs.length / BATCH);
  const text = Array.from({ length: count }, (_, index) =>
    runFfmpeg(['-v', 'repeat+error', ...inputs.slice(index * BATCH, (index + 1) * BATCH).flat()], trap),
  ).join('\n');
  const named = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name!))].sort();
  return { ran: named(/^decoder ran: (\S+)$/gm), rejected: named(/Codec \((\S+)\) not on whitelist/g) };
}

const canTrap =
  hasCompiler &&
  process.arch === 'x64' &&
  /libavcodec +61\./.test(execFileSync('ffmpeg', ['-version'], { encoding: 'utf8' }));
const trapNote = skipNote(!canTrap && 'the test needs gcc and libavcodec 61 on x86-64');

describe.runIf(canTrap)(`the default list of decoders${trapNote}`, () => {
  const others = otherDecoders();

  beforeAll(() => {
    const source = fileURLToPath(new URL('decoder-trap.c', import.meta.url));
    execFileSync('/usr/bin/gcc', [
      '-shared',
      '-fPIC',
      '-O1',
      '-o',
      join(folder, 'trap.so'),
      source,
      '-l:libavcodec.so.61',
    ]);
    runFfmpeg(['-f', 'lavfi', '-i', 'testsrc=s=16x16:r=5:d=0.4', '-c:v', 'mpeg4', join(folder, 'v.mkv')]);
    runFfmpeg(['-f', 'lavfi', '-i', 'sine=d=0.4', '-c:a', 'ac3', join(folder, 'a.mkv')]);
  });

  it('FFmpeg rejects more than 400 decoders that are not on the list before their code runs', () => {
    // FFmpeg doesn't reach every decoder while it probes: it skips decoders of hardware, and the last process crashes at `ws_snd1`.
    const without = ask(others, []);
    expect(without.rejected).toEqual([]);
    expect(without.ran.length).toBeGreaterThan(400);
    const { ran, rejected } = ask(others, LIST);
    expect(ran).toEqual([]);
    expect(without.ran.filter((name) => !rejected.includes(name))).toEqual([]);
  });
});
