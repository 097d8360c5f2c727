import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunError, run } from '../../testkit/run.ts';
import { ATTACKS } from './attack-table/index.ts';
import type { Attack } from './attack-table/rows.ts';
import { containsText, makeWorld, title, type World } from './attack-world.ts';

/**
 * Attacks that have an effect in an unprotected FFmpeg. They are harmless here, because all targets belong to the test. Without this test,
 * a misspelled row would pass unnoticed.
 */
const BITING = ATTACKS.filter((attack) => attack.bites);

describe('an unprotected FFmpeg', () => {
  let folder: string;
  let world: World;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'airlock-bare-'));
    world = await makeWorld(folder);
  });
  afterAll(async () => {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(BITING.map((attack) => [title(attack), attack] as const))('is vulnerable to %s', async (_, attack) => {
    world.effects();
    const { text, leaked } = await attempt(attack);
    const { read, written, connections } = world.effects();
    const happened = [
      read.length > 0 && 'READ',
      written.length > 0 && 'WRITE',
      connections > 0 && 'NET',
      text.includes(world.canary) && 'LEAK-LOG',
      leaked && 'LEAK-OUT',
    ];
    expect(
      happened.filter((effect) => effect && attack.effects.includes(effect as never)),
      text,
    ).not.toEqual([]);
  });

  it('is affected in every way that a test can show without harm', () => {
    const effects = new Set(BITING.flatMap((attack) => attack.effects));
    for (const effect of ['READ', 'WRITE', 'NET', 'LEAK-LOG', 'LEAK-OUT']) expect(effects).toContain(effect);
    expect(BITING.length).toBeGreaterThan(60);
  });

  async function attempt(attack: Attack): Promise<{ text: string; leaked: boolean }> {
    const out = join(folder, 'out');
    mkdirSync(out);
    const paths = { input: world.clip, out, concat: world.concat, hls: world.hls };
    const args = ['-nostdin', '-hide_banner', '-y', ...attack.argv.map(world.words(paths))];
    // The voices are in libraries that the FFmpeg of the tests replaces with stubs.
    const program = args.some((word) => word.includes('flite')) ? '/usr/bin/ffmpeg' : 'ffmpeg';
    const options = { cwd: out, encoding: 'buffer', timeout: 5000, killSignal: 'SIGKILL', maxBuffer: 2 ** 26 } as const;
    const { stderr } = await run(program, args, options).catch((error: RunError) => error);
    const leaked = containsText(out, world.canary);
    rmSync(out, { recursive: true });
    return { text: stderr.toString('latin1'), leaked };
  }
});
