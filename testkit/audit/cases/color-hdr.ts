import { type AuditCase, atMost, between, equals, type Figure } from '../audit-case.ts';
import { decodePatches, decodeSamples, readTags } from '../checks/decode.ts';
import { patchPoints, showInBrowser } from '../checks/pictures.ts';
import { hueDistance, type Rgb, srgbOf } from '../sources/colors.ts';
import { HDR_PATCHES, type Hdr, hdrVideo } from '../sources/patches.ts';
import type { World } from '../world.ts';

/** 8-bit luma of 203 cd/m² in SDR. */
const WHITE = { low: 200, high: 210 } as const;
const HUE_DEGREES = 5;
const SATURATED = [1, 2, 3, 4, 5, 6] as const;
const KINDS: readonly Hdr[] = ['hlg', 'pq', 'pq-maxcll', 'pq-no-metadata'];

const hueError = (colors: readonly Rgb[]) =>
  Math.max(
    ...SATURATED.map((index) => {
      const [red, green, blue] = HDR_PATCHES[index]!;
      return hueDistance(colors[index]!, srgbOf([red / 203, green / 203, blue / 203]));
    }),
  );

/** Largest step beyond 0 to 255, before clipping. */
const beyond = (colors: readonly Rgb[]) =>
  Math.max(0, ...colors.flatMap((color) => color.flatMap((value) => [-value, value - 255])));

async function checkSdr(path: string, name: string): Promise<Figure[]> {
  const tags = await readTags(path);
  const samples = await decodeSamples(path, tags, 0.5);
  const colors = await decodePatches(path, 0.5);
  const metadata = tags.sideData.filter((type) => /mastering|light level|dovi/i.test(type)).join(', ');
  return [
    between(`luma of white of ${name}`, samples[0]![0], WHITE.low, WHITE.high),
    atMost(`hue error of ${name} in degrees`, hueError(colors), HUE_DEGREES),
    atMost(`codes outside the gamut of ${name}`, beyond(colors), 4),
    equals(`transfer of ${name}`, tags.transfer, 'bt709'),
    equals(`HDR metadata of ${name}`, metadata || 'none', 'none'),
  ];
}

function hdrCase(hdr: Hdr): AuditCase {
  return {
    name: `color/${hdr}-to-sdr`,
    ...(hdr === 'hlg' && { isShort: true }),
    async run(world) {
      const source = hdrVideo(hdr);
      const options = [{ option: '-vf', argument: 'scale=320:-2' }];
      const figures: Figure[] = [];
      const requests = {
        mp4: { output_format: 'mp4' },
        webm: { output_format: 'webm' },
        filter: { output_format: 'mp4', options },
      };
      for (const [name, request] of Object.entries(requests)) {
        const made = await world.transcode(source, request);
        figures.push(...(await checkSdr(await made.file(), name)));
      }
      const ladder = await world.transcode(source, {
        output_format: 'hls',
        ladder: [{ height: 360 }, { height: 240 }],
      });
      for (const [folder, path] of await ladder.renditions())
        if (!folder.includes('audio')) figures.push(...(await checkSdr(path, folder)));
      return [...figures, ...(await checkStills(world, hdr))];
    },
  };
}

/** White of a still has the same code as in the video: luma 200 to 210 is code 214 to 226. */
async function checkStills(world: World, hdr: Hdr): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const format of ['jpg', 'png', 'webp']) {
    const made = await world.transcode(hdrVideo(hdr), { output_format: format, still: { at: 0.4 } });
    const { colors } = await showInBrowser(world, await made.file(), patchPoints());
    figures.push(between(`code of white of ${format}`, colors[0]![1], 212, 228));
    figures.push(atMost(`hue error of ${format} in degrees`, hueError(colors), HUE_DEGREES));
  }
  return figures;
}

const sameWhite: AuditCase = {
  name: 'color/hdr-white-is-equal',
  async run(world) {
    const whites: number[] = [];
    for (const hdr of ['hlg', 'pq', 'pq-maxcll'] as const) {
      const made = await world.transcode(hdrVideo(hdr), { output_format: 'mp4' });
      const path = await made.file();
      whites.push((await decodeSamples(path, await readTags(path), 0.5))[0]![0]);
    }
    return [atMost('largest difference between HLG, PQ and MaxCLL', Math.max(...whites) - Math.min(...whites), 4)];
  },
};

const keptHdr: AuditCase = {
  name: 'color/hdr-is-kept-by-hevc',
  async run(world) {
    const options = [
      { option: '-c:v', argument: 'libx265' },
      { option: '-pix_fmt', argument: 'yuv420p10le' },
    ];
    const made = await world.transcode(hdrVideo('pq'), { output_format: 'mp4', options });
    const path = await made.file();
    const tags = await readTags(path);
    const source = await decodeSamples(path, tags, 0.5);
    return [
      equals('transfer', tags.transfer, 'smpte2084'),
      equals('matrix', tags.matrix, 'bt2020nc'),
      // PQ code 0.5807 of 203 cd/m², in 10 bits of limited range.
      between('luma of white', source[0]![0], 569, 577),
    ];
  },
};

export const hdrCases: readonly AuditCase[] = [...KINDS.map(hdrCase), sameWhite, keptHdr];
