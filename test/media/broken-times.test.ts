import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobFailure } from '../../src/contract/failures.ts';
import { inspect } from '../../testkit/inspect-media.ts';
import { openWorkshop, type Workshop } from './helpers.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop?.remove());

const SOURCES = ['testsrc2=s=160x90:r=25:d=4', 'sine=d=4'].flatMap((source) => ['-f', 'lavfi', '-i', source]);
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p'];

/** Makes a capture of four seconds whose clock begins at a time. */
function capture(start: number): Promise<string> {
  const args = [...SOURCES, ...X264, '-c:a', 'aac', '-output_ts_offset', String(start)];
  return shop.make(`from-${start}.ts`, args);
}

async function joined(name: string, starts: readonly number[], head = Buffer.alloc(0)): Promise<string> {
  const parts: Buffer[] = [];
  for (const start of starts) parts.push(await readFile(await capture(start)));
  const path = join(shop.dir, `${name}.ts`);
  await writeFile(path, Buffer.concat([head, ...parts]));
  return path;
}

describe('captures of a transport stream that were joined', () => {
  it.each([
    ['a clock that goes back, which looks like 26.5 hours', [1000, 500]],
    ['a clock that jumps by two hours', [1000, 8200]],
    ['three clocks', [1000, 500, 90_000]],
  ] as const)('play without the jump: %s', async (name, starts) => {
    const source = await joined(name.replaceAll(' ', '-'), starts);
    const { info } = await inspect(source);
    expect(info.durationSeconds!).toBeCloseTo(4 * starts.length, 0);
    for (const outputFormat of ['mp4', 'mp3'] as const) {
      const made = await shop.transcode([source], { outputFormat });
      expect(made.plan.durationSeconds!).toBeCloseTo(4 * starts.length, 0);
      expect(made.info.durationSeconds!).toBeCloseTo(4 * starts.length, 0);
    }
  });

  it('differ from a capture whose clock restarts after 26.5 hours, which keeps its duration', async () => {
    const source = await capture(95_441.5);
    expect((await inspect(source)).info.durationSeconds!).toBeCloseTo(4, 0);
  });
});

describe('a video with broken times', () => {
  const video = ['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25:d=2'];
  const moved = (times: string) => [...['-vf', `settb=1/1000,setpts='${times}'`, '-enc_time_base', '1/1000']];
  const kept = ['-fps_mode', 'passthrough', '-bf', '0'];

  it.each([
    ['one frame per second', 'N*1000', 'mp4'],
    ['a pause of five minutes', 'N*40+if(gte(N,25),300000,0)', 'mp4'],
  ])('becomes a short output: %s', async (name, times, extension) => {
    const file = `${name.replaceAll(/\W/g, '-')}.${extension}`;
    const source = await shop.make(file, [...video, ...moved(times), ...kept, ...X264]);
    const { info } = await inspect(source);
    for (const outputFormat of ['mp4', 'avi'] as const) {
      const made = await shop.transcode([source], { outputFormat });
      expect(made.info.durationSeconds!).toBeLessThan((info.durationSeconds ?? 0) + 2);
    }
  });

  it.each([
    ['at the same time', '100'],
    ['at 100,000 frames per second', 'N/100'],
  ])('fails or becomes a short output if all of its frames are %s', async (name, times) => {
    const source = await shop.make(`${name.replaceAll(/\W/g, '-')}.mkv`, [...video, ...moved(times), ...kept, ...X264]);
    for (const outputFormat of ['mp4', 'avi'] as const) {
      const made = await shop.transcode([source], { outputFormat }).catch((error: unknown) => {
        expect((error as JobFailure).code).toBe('output_invalid');
        return null;
      });
      if (made) expect(made.info.durationSeconds!).toBeLessThan(3);
    }
  });

  it('becomes an output with rising times if its times go back', async () => {
    const source = await shop.make('back.flv', [...video, ...kept, '-c:v', 'flv', '-q:v', '5']);
    const bytes = await readFile(source);
    // The time of the tag of the second half of the frames is set back to zero.
    let at = 13;
    for (let tag = 0; at + 11 < bytes.length; tag++) {
      if (bytes[at] === 9 && tag > 25) bytes.fill(0, at + 4, at + 8);
      at += 15 + bytes.readUIntBE(at + 1, 3);
    }
    await writeFile(source, bytes);
    const made = await shop.transcode([source], { outputFormat: 'mp4' });
    expect(made.info.durationSeconds!).toBeLessThan(3);
  });
});
