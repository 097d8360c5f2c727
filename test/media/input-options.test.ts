import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkshop, type Workshop } from './helpers.ts';

let shop: Workshop;
/** A clip that is stored as 96x64 and shown as 64x96. */
let portrait = '';

beforeAll(async () => {
  shop = await openWorkshop();
  const source = ['-f', 'lavfi', '-i', 'testsrc=s=96x64:r=10:d=0.5', '-c:v', 'libx264', '-pix_fmt', 'yuv420p'];
  const upright = await shop.make('upright.mp4', source);
  portrait = await shop.make('portrait.mp4', ['-display_rotation', '90', '-i', upright, '-c', 'copy']);
}, 60_000);

afterAll(() => shop.remove());

describe('options of an input', () => {
  it.each([
    ['no option', [], 64, 96],
    ['-display_rotation 0', [{ option: '-display_rotation', argument: 0 }], 96, 64],
    ['-display_rotation -90', [{ option: '-display_rotation', argument: -90 }], 64, 96],
    ['-display_rotation 45', [{ option: '-display_rotation', argument: 45 }], 96, 64],
    ['-display_hflip', [{ option: '-display_hflip' }], 96, 64],
  ])('%s results in the expected orientation', async (_name, options, width, height) => {
    const { info } = await shop.transcode([portrait], { outputFormat: 'mp4', inputs: [{ url: 'a', options }] });
    expect([info.video[0]!.displayWidth, info.video[0]!.displayHeight]).toEqual([width, height]);
  });

  it('options for another demuxer are dropped', async () => {
    const options = [
      { option: '-ignore_loop', argument: 1 },
      { option: '-ignore_editlist', argument: 1 },
    ];
    const { plan } = await shop.transcode([portrait], { outputFormat: 'mp4', inputs: [{ url: 'a', options }] });
    expect(plan.args).toContain('-ignore_editlist');
    expect(plan.args).not.toContain('-ignore_loop');
  });
});
