import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CellLimits } from '../../src/sandbox/index.ts';
import { type Fixture, LIMITS, MIB, openFixture, TIMEOUT } from './cell-fixture.ts';

vi.setConfig(TIMEOUT);

const isRoot = process.getuid!() === 0;
const TIERS = ['bwrap', 'landlock', ...(isRoot && existsSync('/usr/bin/runsc') ? ['gvisor' as const] : [])] as const;
const DEVICE = ['-f', 'u8', '-ar', '8000', '-i', '/dev/urandom'];
const TONE = ['-f', 'lavfi', '-i', 'sine=d=0.1'];
/** Position of the serial number in an Ogg page. */
const SERIAL = 14;

describe.each(TIERS)('the source of random numbers in a cell of the tier %s', (tier) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await openFixture(2, tier);
  });
  afterAll(() => fixture.close());

  async function run(
    program: 'ffmpeg' | 'ffprobe',
    args: readonly string[],
    { outputs = [], limits = {} }: { outputs?: readonly string[]; limits?: Partial<CellLimits> } = {},
  ) {
    const printed: Buffer[] = [];
    const result = await fixture.sandbox.run({
      program,
      args,
      inputs: [],
      outputs,
      limits: { ...LIMITS, ...limits },
      slot: 0,
      onStdout: (chunk) => printed.push(chunk),
    });
    const files = outputs.map((name) => readFileSync(join(result.outputDir, name)));
    const sizes = outputs.map((name) => statSync(join(result.outputDir, name)).size);
    await result.release();
    return { ...result, stdout: Buffer.concat(printed), files, sizes };
  }
  const ffmpeg = (args: readonly string[], options?: Parameters<typeof run>[2]) =>
    run('ffmpeg', ['-nostdin', '-y', '-v', 'error', ...args], options);

  it('returns different numbers in each cell of FFmpeg, so that FFmpeg does not use timing noise instead', async () => {
    const read = [...DEVICE, '-t', '0.004', '-f', 'u8', 'pipe:1'];
    const [one, other] = [await ffmpeg(read), await ffmpeg(read)];
    expect([one.stdout.length, other.stdout.length], one.stderr).toEqual([32, 32]);
    expect(one.stdout).not.toEqual(other.stdout);
  });

  it('does not exist in the cells of ffprobe, except in gVisor', async () => {
    const one = ['-read_intervals', '%+#1', '-show_entries', 'packet=size', '-of', 'csv'];
    const { stdout } = await run('ffprobe', ['-v', 'error', '-f', 'u8', ...one, '/dev/urandom']);
    // In gVisor, every cell has the device.
    expect(stdout.toString()).toBe(tier === 'gvisor' ? 'packet,1024\n' : '');
  });

  it('gives each Ogg stream and each Matroska file its own number', async () => {
    const streams = [...TONE, ...TONE, '-map', '0', '-map', '1', '-c', 'libopus'];
    const outputs = ['a.ogg', 'b.ogg', 'a.mkv', 'b.mkv'];
    const args = [...streams, '/out/a.ogg', ...streams.slice(8), '/out/b.ogg'];
    const matroska = outputs.slice(2).flatMap((name) => ['-map', '0', '-c', 'libopus', `/out/${name}`]);
    const made = await ffmpeg([...args, ...matroska], { outputs });
    expect(made, made.stderr).toMatchObject({ end: 'exit', exitCode: 0 });
    const serials = made.files.slice(0, 2).flatMap(serialsOf);
    expect(serials.length).toBe(4);
    expect(new Set(serials).size).toBe(4);
    expect(made.files[2]).not.toEqual(made.files[3]);
  });

  it('never ends, so a cell that reads it to its end reaches the limits of its job', async () => {
    const toFile = [...DEVICE, '-c', 'copy', '-f', 'u8', '/out/o'];
    const filled = await ffmpeg(toFile, { outputs: ['o'], limits: { outputBytes: 8 * MIB } });
    expect(filled.end).toBe('limit_output');
    expect(filled.sizes[0]).toBeLessThanOrEqual(8 * MIB);
    const toNowhere = [...DEVICE, '-c', 'copy', '-f', 'null', '-'];
    expect((await ffmpeg(toNowhere, { limits: { cpuSeconds: 1 } })).end).toBe('limit_cpu');
    expect((await ffmpeg(toNowhere, { limits: { wallMs: 400 } })).end).toBe('limit_wall');
  });
});

/** Returns the serial numbers of the streams of an Ogg file, from the first page of each stream. */
function serialsOf(file: Buffer): number[] {
  const serials: number[] = [];
  for (let at = file.indexOf('OggS'); at >= 0; at = file.indexOf('OggS', at + 1)) {
    // The page is the first page of a stream.
    if ((file.readUInt8(at + 5) & 2) !== 0) serials.push(file.readUInt32LE(at + SERIAL));
  }
  return serials;
}
