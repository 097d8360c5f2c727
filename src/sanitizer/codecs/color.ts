/* FFmpeg's names for the numbers of ITU-T H.273. FFmpeg does not know numbers without a name in this table. */

const PRIMARIES: Readonly<Record<number, string>> = {
  ...{ 0: 'reserved', 1: 'bt709', 3: 'reserved', 4: 'bt470m', 5: 'bt470bg', 6: 'smpte170m', 7: 'smpte240m' },
  ...{ 8: 'film', 9: 'bt2020', 10: 'smpte428', 11: 'smpte431', 12: 'smpte432', 22: 'ebu3213' },
};
const TRANSFERS: Readonly<Record<number, string>> = {
  ...{ 0: 'reserved', 1: 'bt709', 3: 'reserved', 4: 'bt470m', 5: 'bt470bg', 6: 'smpte170m', 7: 'smpte240m' },
  ...{ 8: 'linear', 9: 'log100', 10: 'log316', 11: 'iec61966-2-4', 12: 'bt1361e', 13: 'iec61966-2-1' },
  ...{ 14: 'bt2020-10', 15: 'bt2020-12', 16: 'smpte2084', 17: 'smpte428', 18: 'arib-std-b67' },
};
const MATRICES: Readonly<Record<number, string>> = {
  ...{ 0: 'gbr', 1: 'bt709', 3: 'reserved', 4: 'fcc', 5: 'bt470bg', 6: 'smpte170m', 7: 'smpte240m', 8: 'ycgco' },
  ...{ 9: 'bt2020nc', 10: 'bt2020c', 11: 'smpte2085', 12: 'chroma-derived-nc', 13: 'chroma-derived-c' },
  ...{ 14: 'ictcp', 15: 'ipt-c2', 16: 'ycgco-re', 17: 'ycgco-ro' },
};

/** Colors as in `VideoStream`. A value is null if it is not declared, or if FFmpeg does not know it. */
export interface Color {
  colorPrimaries: string | null;
  colorTransfer: string | null;
  colorSpace: string | null;
  colorRange: 'tv' | 'pc' | null;
}

export const NO_COLOR: Color = { colorPrimaries: null, colorTransfer: null, colorSpace: null, colorRange: null };

/** Returns FFmpeg's names of primaries, transfer characteristics and matrix coefficients. */
export function colorNames(primaries: number, transfer: number, matrix: number): Omit<Color, 'colorRange'> {
  return {
    colorPrimaries: PRIMARIES[primaries] ?? null,
    colorTransfer: TRANSFERS[transfer] ?? null,
    colorSpace: MATRICES[matrix] ?? null,
  };
}

/** Returns the range of samples: `pc` for all values, `tv` for the values of studio video. */
export function colorRange(isFull: boolean): 'tv' | 'pc' {
  return isFull ? 'pc' : 'tv';
}
