import type { FilterSpec, FilterValue } from '../types.ts';
import { boolean, choice, color, expression, integer, number, size } from './values.ts';
import { named, PLANES, SEED, video } from './video-rows.ts';

/** A table of one sample is computed once per value. A table of two samples is computed 65,536 times. */
const sample = expression('w h val maxval minval negval clipval', { functions: { gammaval: 1, gammaval709: 1 } });
const twoSamples = expression('w h x y bdx bdy', { maxNodes: 100 });
const painted = expression('w h val ymin umin vmin amin ymax umax vmax amax');

const COMPONENTS = ['c0', 'c1', 'c2', 'c3', 'y', 'u', 'v', 'r', 'g', 'b', 'a'];

function components(names: readonly string[], value: FilterValue): Record<string, FilterValue> {
  return Object.fromEntries(names.map((name) => [name, value]));
}

const CUBE_INTERPOLATION = named('nearest trilinear tetrahedral pyramid prism');
const CLUT = named('first all');

const DITHER = named('none=0 bayer=1 heckbert floyd_steinberg sierra2 sierra2_4a sierra3 burkes atkinson');

const REMAP = 'Computes each sample from its own value.';

/** Filters that map values by a table (computed, from a file, or from a picture), and filters for palettes. */
export const LUT_FILTERS: readonly FilterSpec[] = [
  video('lut', REMAP, components(COMPONENTS, sample), { timeline: true, example: 'lut=c0=negval:c1=val' }),
  video('lutyuv', REMAP, components(COMPONENTS, sample), {
    timeline: true,
    example: "lutyuv=y='gammaval(0.5)':u=128:v=128",
  }),
  video('lutrgb', REMAP, components(COMPONENTS, sample), {
    timeline: true,
    example: 'lutrgb=r=maxval+minval-val:g=val/2',
  }),
  video(
    'lut2',
    'Computes each sample from the samples of two videos.',
    { ...components(['c0', 'c1', 'c2', 'c3'], twoSamples), d: integer(0, 16) },
    { inputs: ['v', 'v'], timeline: true, framesync: true, example: "lut2=c0='(x+y)/2':c1=x" },
  ),
  video(
    'tlut2',
    'Computes each sample from the samples of two consecutive frames.',
    components(['c0', 'c1', 'c2', 'c3'], twoSamples),
    { timeline: true, example: "tlut2=c0='(x+y)/2'" },
  ),
  video(
    'lut3d',
    'Applies a color table from a `.cube` or `.3dl` file.',
    { file: { type: 'asset', kind: 'lut' }, clut: CLUT, interp: CUBE_INTERPOLATION },
    { timeline: true, required: ['file'], example: "lut3d=file='https\\://example.com/look.cube':interp=trilinear" },
  ),
  video(
    'lut1d',
    'Applies a table for each color channel from a `.cube` file.',
    { file: { type: 'asset', kind: 'lut' }, interp: named('nearest linear cubic cosine spline') },
    { timeline: true, required: ['file'], example: "lut1d=file='https\\://example.com/curve.cube':interp=cubic" },
  ),
  video(
    'haldclut',
    'Applies the color table in the second video to the first video.',
    { clut: CLUT, interp: CUBE_INTERPOLATION },
    {
      inputs: ['v', 'v'],
      timeline: true,
      framesync: true,
      example: 'haldclutsrc=level=4:d=1[clut];[0:v][clut]haldclut=interp=trilinear',
    },
  ),
  video(
    'colormap',
    'Maps the colors of one chart to the colors of another.',
    {
      patch_size: size,
      nb_patches: integer(0, 64),
      type: named('relative absolute'),
      kernel: named('euclidean weuclidean'),
    },
    { inputs: ['v', 'v', 'v'], timeline: true, example: 'colormap=patch_size=32x30:nb_patches=8' },
  ),
  video(
    'pseudocolor',
    'Maps brightness to false colors.',
    {
      ...components(['c0', 'c1', 'c2', 'c3'], painted),
      index: integer(0, 3),
      preset: named(
        'none=-1 magma inferno plasma viridis turbo cividis range1 range2 shadows highlights solar nominal preferred ' +
          'total spectral cool heat fiery blues green helix',
      ),
      opacity: number(0, 1),
    },
    { aliases: { i: 'index', p: 'preset' }, timeline: true, example: 'pseudocolor=preset=turbo:opacity=0.8' },
  ),
  video(
    'palettegen',
    'Computes the best palette of the entire video. With `stats_mode=single`, it computes a palette for each frame.',
    {
      max_colors: integer(2, 256),
      reserve_transparent: boolean,
      transparency_color: color,
      stats_mode: named('full diff single'),
    },
    { example: 'palettegen=max_colors=64:stats_mode=diff' },
  ),
  video(
    'paletteuse',
    'Applies the palette of the second video to the first.',
    {
      dither: DITHER,
      bayer_scale: integer(0, 5),
      diff_mode: choice(['none', 'rectangle'], { 0: 'none', 1: 'rectangle' }),
      new: boolean,
      alpha_threshold: integer(0, 255),
    },
    {
      inputs: ['v', 'v'],
      positional: ['dither', 'bayer_scale', 'diff_mode', 'new', 'alpha_threshold', 'debug_kdtree'],
      // The filter keeps the frames of the first video until the palette is complete.
      bufferedFrames: Number.POSITIVE_INFINITY,
      example: 'split[a][b];[b]palettegen[p];[a][p]paletteuse=dither=bayer:bayer_scale=3',
    },
  ),
  video(
    'elbg',
    'Reduces the number of colors by vector quantization.',
    { codebook_length: integer(1, 256), nb_steps: integer(1, 8), seed: SEED, pal8: boolean, use_alpha: boolean },
    { aliases: { l: 'codebook_length', n: 'nb_steps', s: 'seed' }, example: 'elbg=l=8:seed=1' },
  ),
  video(
    'tmidequalizer',
    'Averages the histograms of neighboring frames.',
    { radius: integer(1, 32), sigma: number(0, 1), planes: PLANES },
    { timeline: true, bufferedFrames: 65, example: 'tmidequalizer=radius=2' },
  ),
];
