import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTACKS } from './attack-table/index.ts';
import type { Attack } from './attack-table/rows.ts';
import { containsText, isCostly, makeWorld, title, type World } from './attack-world.ts';
import { commandOf, descendants, type Fixture, MIB, openFixture } from './cell-fixture.ts';

/** Wall limits in milliseconds: for attacks that run or wait forever, and for attacks that end on their own. */
const COSTLY_MS = 250;
const PLAIN_MS = 8000;
/** Number of concurrent cells. It may exceed the number of cores, because many cells only wait for their limit. */
const SLOTS = 4;
/** Milliseconds allowed from the limit to the end of the last process, on a busy machine. */
const GRACE_MS = 3000;
/** Names of all output files in the table of attacks. */
const OUTPUTS = ['o', 'o.mkv', 'o.nut', 'o.wav', 'o0.mkv', 'o1.mkv', 'o.m3u8', 'o0.ts', 'h0.ts'];

describe('the sandbox alone, with the policy off', () => {
  let fixture: Fixture;
  let world: World;
  const seen = new Map<string, string[]>();

  beforeAll(async () => {
    fixture = await openFixture(SLOTS);
    world = await makeWorld(fixture.folder);
    const queue = [...ATTACKS];
    await Promise.all(
      Array.from({ length: SLOTS }, async (_, slot) => {
        for (let attack = queue.shift(); attack; attack = queue.shift()) {
          seen.set(title(attack), await attempt(attack, slot));
        }
      }),
    );
  }, 180_000);
  afterAll(async () => {
    await world.close();
    await fixture.close();
  });

  /** Runs an attack in a cell. Returns what it achieved. */
  async function attempt(attack: Attack, slot: number): Promise<string[]> {
    const limits = {
      memoryBytes: (isCostly(attack) ? 256 : 512) * MIB,
      cpuSeconds: 20,
      wallMs: isCostly(attack) || attack.effects.includes('LISTEN') ? COSTLY_MS : PLAIN_MS,
      outputBytes: 16 * MIB,
    };
    const paths = { input: '/in/0', out: '/out', concat: '/in/list.ffconcat', hls: '/in/list.m3u8' };
    const result = await fixture.sandbox.run({
      program: 'ffmpeg',
      args: ['-nostdin', '-y', '-hide_banner', ...attack.argv.map(world.words(paths))],
      inputs: [
        { name: '0', path: world.clip },
        { name: 'list.ffconcat', path: world.concat },
        { name: 'list.m3u8', path: world.hls },
      ],
      outputs: OUTPUTS,
      limits,
      slot,
    });
    const got: string[] = [];
    if (result.end === 'canceled') got.push('canceled unexpectedly');
    if (result.wallMs > limits.wallMs + GRACE_MS) got.push(`ran for ${Math.round(result.wallMs)} ms`);
    if (result.stderr.includes(world.canary)) got.push('the canary in the error text');
    if (containsText(result.outputDir, world.canary)) got.push('the canary in the output');
    await result.release();
    return got;
  }

  it('runs every row of the table of attacks, at least 150 rows', () => {
    expect(seen.size).toBe(ATTACKS.length);
    expect(ATTACKS.length).toBeGreaterThanOrEqual(150);
  });

  it('lets no attack find the canary or exceed its limits', () => {
    expect([...seen].filter(([, got]) => got.length > 0)).toEqual([]);
  });

  it('lets no attack open a file, write a file or reach a listener of the host', () => {
    expect(world.effects()).toEqual({ read: [], written: [], connections: 0 });
  });

  it('leaves no process behind', () => {
    const left = descendants(process.pid).filter((pid) => ['ffmpeg', 'bwrap', 'prlimit'].includes(commandOf(pid)));
    expect(left).toEqual([]);
  });

  it('leaves nothing of the cells on disk', () => {
    expect(containsText(join(fixture.dataDir, 'cells'), world.canary)).toBe(false);
  });
});
