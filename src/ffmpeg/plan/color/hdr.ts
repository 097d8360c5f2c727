import type { VideoStream } from '../../types.ts';
import type { OutputColor } from './convert.ts';
import { sourceColor } from './source-color.ts';

/** Luminance of white in SDR and of text in HDR (ITU-R BT.2408), in cd/m². */
const WHITE = 203;
/** Peak of the tone map relative to white, for a display of 1000 cd/m². It is fixed, so that a declared peak does not change white. */
const PEAK = 1000 / WHITE;
/** HDR metadata of frames. If an SDR output contained it, some players would switch to HDR. */
const HDR_METADATA = [
  'MASTERING_DISPLAY_METADATA',
  'CONTENT_LIGHT_LEVEL',
  'DYNAMIC_HDR_PLUS',
  'DOVI_RPU_BUFFER',
  'DOVI_METADATA',
  'AMBIENT_VIEWING_ENVIRONMENT',
];
const TRANSFERS = new Set(['smpte2084', 'arib-std-b67']);
const PRIMARIES = new Set([
  'bt709',
  'bt470m',
  'bt470bg',
  'smpte170m',
  'smpte240m',
  'film',
  'bt2020',
  'smpte428',
  'smpte431',
  'smpte432',
]);
const MATRICES = new Set(['bt709', 'fcc', 'bt470bg', 'smpte170m', 'smpte240m', 'bt2020nc']);

/**
 * Returns filters from HDR to BT.709. They state the properties of the input in full, because files often tag only some of them, and zimg
 * does not guess. JPEG gets its own matrix and range.
 * @param odd whether a side of the picture is odd
 */
export function hdrToSdr(stream: VideoStream, { use }: Pick<OutputColor, 'use'>, odd: boolean): string[] {
  const target = use === 'jpeg' ? 'matrix=bt470bg:range=full' : 'matrix=bt709:range=limited';
  // zimg rejects subsampled chroma of an odd size, so such pictures are converted with full chroma.
  const full = (format: string) => (odd ? [`format=${format}`] : []);
  const source = inputOptions(stream);
  // By default, zimg applies the display gamma of HLG to each channel, which moves saturated colors out of BT.709.
  const curve = source.includes('arib-std-b67') ? ':agamma=0' : '';
  return [
    ...full('yuv444p10le'),
    `zscale=${source}:transfer=linear:npl=${WHITE}${curve}`,
    'format=gbrpf32le',
    'zscale=primaries=bt709',
    `tonemap=tonemap=mobius:desat=0:peak=${PEAK.toFixed(3)}`,
    `zscale=transfer=bt709:${target}`,
    ...full('yuv444p'),
    ...HDR_METADATA.map((type) => `sidedata=mode=delete:type=${type}`),
  ];
}

function inputOptions(stream: VideoStream): string {
  const color = sourceColor(stream);
  const name = (known: ReadonlySet<string>, value: string, absent: string) => (known.has(value) ? value : absent);
  const transfer = name(TRANSFERS, color.transfer, 'smpte2084');
  const primaries = name(PRIMARIES, color.primaries, 'bt2020');
  const matrix = name(MATRICES, color.matrix, 'bt2020nc');
  const range = color.range === 'pc' ? 'full' : 'limited';
  return `transferin=${transfer}:primariesin=${primaries}:matrixin=${matrix}:rangein=${range}`;
}
