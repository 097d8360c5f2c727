/** Red, green and blue. Codes from 0 to 255, or light from 0 to 1 where a function says so. */
export type Rgb = readonly [number, number, number];
export type Matrix = 'bt601' | 'bt709' | 'bt2020' | 'rgb';
export type Range = 'limited' | 'full';

/** Weights of red and blue in luma (BT.601-7, BT.709-6, BT.2020-2). */
const WEIGHTS = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722], bt2020: [0.2627, 0.0593] } as const;

/** Saturated and natural colors, which every wrong matrix, range or profile changes visibly. None is at an end of the range. */
export const PATCHES: readonly Rgb[] = [
  [210, 40, 40],
  [40, 190, 60],
  [50, 60, 215],
  [225, 210, 50],
  [50, 190, 200],
  [200, 50, 180],
  [128, 128, 128],
  [220, 170, 140],
];

/** Returns Y', Cb and Cr as integer codes. `rgb` contains values from 0 to 1. */
export function toYuv(rgb: Rgb, matrix: Exclude<Matrix, 'rgb'>, range: Range, bits: number): Rgb {
  const [kr, kb] = WEIGHTS[matrix];
  const [red, green, blue] = rgb;
  const luma = kr * red + (1 - kr - kb) * green + kb * blue;
  const chroma = [(blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))] as const;
  const step = 2 ** (bits - 8);
  const top = 2 ** bits - 1;
  const clip = (value: number) => Math.max(0, Math.min(top, Math.round(value)));
  if (range === 'limited')
    return [clip((16 + 219 * luma) * step), clip((128 + 224 * chroma[0]) * step), clip((128 + 224 * chroma[1]) * step)];
  return [clip(luma * top), clip(128 * step + chroma[0] * top), clip(128 * step + chroma[1] * top)];
}

/** Returns the exact R'G'B' from 0 to 1, unclipped. */
export function fromYuv(yuv: Rgb, matrix: Exclude<Matrix, 'rgb'>, range: Range, bits: number): Rgb {
  const [kr, kb] = WEIGHTS[matrix];
  const step = 2 ** (bits - 8);
  const top = 2 ** bits - 1;
  const isLimited = range === 'limited';
  const luma = isLimited ? (yuv[0] / step - 16) / 219 : yuv[0] / top;
  const size = isLimited ? 224 * step : top;
  const cb = (yuv[1] - 128 * step) / size;
  const cr = (yuv[2] - 128 * step) / size;
  const red = luma + 2 * (1 - kr) * cr;
  const blue = luma + 2 * (1 - kb) * cb;
  return [red, (luma - kr * red - kb * blue) / (1 - kr - kb), blue];
}

const each = (rgb: Rgb, change: (value: number) => number): Rgb => [change(rgb[0]), change(rgb[1]), change(rgb[2])];

const multiply = (rows: readonly Rgb[], [a, b, c]: Rgb): Rgb => {
  const row = (index: number) => rows[index]![0] * a + rows[index]![1] * b + rows[index]![2] * c;
  return [row(0), row(1), row(2)];
};

/** Conversions of linear light between primaries with the same white (BT.2087-0, SMPTE EG 432-1). */
const BT709_TO_2020: readonly Rgb[] = [
  [0.627404, 0.329283, 0.043313],
  [0.069097, 0.91954, 0.011362],
  [0.016391, 0.088013, 0.895595],
];
const P3_TO_BT709: readonly Rgb[] = [
  [1.2249401, -0.2249402, 0],
  [-0.0420569, 1.0420571, 0],
  [-0.0196376, -0.0786361, 1.0982735],
];

const fromSrgb = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const toSrgb = (value: number) => (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055);

/** Returns the sRGB codes of a color with codes in Display P3. */
export function p3ToSrgb(codes: Rgb): Rgb {
  const light = multiply(
    P3_TO_BT709,
    each(codes, (code) => fromSrgb(code / 255)),
  );
  return each(light, (value) => 255 * toSrgb(Math.max(0, Math.min(1, value))));
}

/** PQ code from 0 to 1 of light in cd/m² (SMPTE ST 2084). */
function toPq(nits: number): number {
  const power = Math.max(0, nits / 10_000) ** 0.1593017578125;
  return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375;
}

/** HLG code from 0 to 1 of scene light from 0 to 1 (BT.2100-2). */
function toHlg(scene: number): number {
  if (scene <= 1 / 12) return Math.sqrt(3 * scene);
  return 0.17883277 * Math.log(12 * scene - 0.28466892) + 0.55991073;
}

/** Returns BT.2020 codes from 0 to 1 of light in cd/m² with the primaries of BT.709. HLG is for a display of 1000 cd/m². */
export function toHdr(nits: Rgb, transfer: 'pq' | 'hlg'): Rgb {
  const wide = multiply(BT709_TO_2020, nits);
  if (transfer === 'pq') return each(wide, toPq);
  const shown = each(wide, (value) => Math.max(0, value / 1000));
  const luminance = 0.2627 * shown[0] + 0.678 * shown[1] + 0.0593 * shown[2];
  // The inverse of the display's gamma of 1.2.
  const scale = luminance > 0 ? luminance ** (1 / 1.2 - 1) : 0;
  return each(shown, (value) => toHlg(value * scale));
}

/** Hue in degrees in Oklab, of codes of sRGB. Scaling the light of a color keeps its hue. */
export function hueOf(codes: Rgb): number {
  const light = each(codes, (code) => fromSrgb(code / 255));
  const cones = multiply(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    light,
  );
  const [l, m, s] = each(cones, Math.cbrt);
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const b = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  return (Math.atan2(b, a) * 180) / Math.PI;
}

export function hueDistance(a: Rgb, b: Rgb): number {
  const turn = Math.abs(hueOf(a) - hueOf(b)) % 360;
  return Math.min(turn, 360 - turn);
}

/** sRGB codes of light from 0 to 1. */
export const srgbOf = (light: Rgb): Rgb => each(light, (value) => 255 * toSrgb(Math.max(0, Math.min(1, value))));

export const distance = (a: Rgb, b: Rgb): number => Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));
