import type { FilterSpec, FilterValue } from '../types.ts';
import { boolean, flags, integer, number } from './values.ts';
import { count, named, PLANES, video } from './video-rows.ts';

const threshold = number(0, 32_767);
const grain = integer(0, 24);
const strength = number(0, 1000);

/** Seed, strength and kind of the noise of one plane or of all planes. */
function noiseOf(plane: string): Record<string, FilterValue> {
  return {
    [`${plane}_seed`]: integer(-1, 2_147_483_647),
    [`${plane}_strength`]: integer(0, 100),
    [`${plane}_flags`]: flags(['a', 'p', 't', 'u']),
  };
}
const NOISE_PLANES = ['all', 'c0', 'c1', 'c2', 'c3'];

/** Filters that remove noise, and a filter that adds noise. */
export const DENOISE_FILTERS: readonly FilterSpec[] = [
  video(
    'hqdn3d',
    'Removes noise in space and time.',
    { luma_spatial: strength, chroma_spatial: strength, luma_tmp: strength, chroma_tmp: strength },
    { timeline: true, example: 'hqdn3d=4:3:6:4.5' },
  ),
  video(
    'nlmeans',
    'Removes noise by non-local means. This filter is slow.',
    // The cost grows with the square of the research window `r`.
    { s: number(1, 30), p: integer(0, 21), pc: integer(0, 21), r: integer(0, 21), rc: integer(0, 21) },
    { timeline: true, example: 'nlmeans=s=3:p=3:r=5' },
  ),
  video(
    'atadenoise',
    'Removes noise by averaging over time.',
    {
      '0a': number(0, 0.3),
      '0b': number(0, 5),
      '1a': number(0, 0.3),
      '1b': number(0, 5),
      '2a': number(0, 0.3),
      '2b': number(0, 5),
      s: integer(5, 129),
      p: integer(0, 7),
      a: named('p s'),
      '0s': threshold,
      '1s': threshold,
      '2s': threshold,
    },
    { timeline: true, bufferedFrames: (values) => count(values, 's', 9), example: 'atadenoise=s=5' },
  ),
  video(
    'vaguedenoiser',
    'Removes noise by wavelets.',
    {
      threshold: number(0, 10_000),
      method: named('hard soft garrote'),
      nsteps: integer(1, 32),
      percent: number(0, 100),
      planes: PLANES,
      type: named('universal bayes'),
    },
    { timeline: true, example: 'vaguedenoiser=threshold=3:nsteps=4' },
  ),
  video(
    'fftdnoiz',
    'Removes noise in the frequency domain.',
    {
      sigma: number(0, 100),
      amount: number(0.01, 1),
      block: integer(8, 64),
      overlap: number(0.2, 0.8),
      method: named('wiener hard'),
      prev: integer(0, 1),
      next: integer(0, 1),
      planes: PLANES,
      window: named(
        'rect hann hanning=1 hamming=2 blackman=3 bartlett=4 welch=5 flattop=6 bharris=7 bnuttall=8 sine=9 nuttall=10 ' +
          'bhann=11 lanczos=12 gauss=13 tukey=14 dolph=15 cauchy=16 parzen=17 poisson=18 bohman=19 kaiser=20',
      ),
    },
    { timeline: true, example: 'fftdnoiz=sigma=4:block=32' },
  ),
  video(
    'owdenoise',
    'Removes noise by overcomplete wavelets. This filter is slow.',
    { depth: integer(8, 12), luma_strength: strength, chroma_strength: strength },
    { aliases: { ls: 'luma_strength', cs: 'chroma_strength' }, timeline: true, example: 'owdenoise=ls=4' },
  ),
  video(
    'chromanr',
    'Removes chroma noise.',
    {
      thres: number(1, 200),
      // Each pixel reads sizew × sizeh neighbors.
      sizew: integer(1, 25),
      sizeh: integer(1, 25),
      stepw: integer(1, 50),
      steph: integer(1, 50),
      threy: number(1, 200),
      threu: number(1, 200),
      threv: number(1, 200),
      distance: named('manhattan euclidean'),
    },
    { timeline: true, example: 'chromanr=thres=40:sizew=5:sizeh=5' },
  ),
  video(
    'removegrain',
    'Removes grain, by one of 24 methods per plane.',
    { m0: grain, m1: grain, m2: grain, m3: grain },
    { timeline: true, example: 'removegrain=m0=2' },
  ),
  video(
    'spp',
    'Removes blocking by shifted transforms. This filter is slow.',
    // Each block needs 2^quality transforms.
    { quality: integer(0, 5), qp: integer(0, 63), mode: named('hard soft'), use_bframe_qp: boolean },
    { timeline: true, example: 'spp=quality=2:qp=20' },
  ),
  video(
    'pp7',
    'Removes blocking with seven transforms per block.',
    { qp: integer(0, 64), mode: named('hard soft medium') },
    { timeline: true, example: 'pp7=qp=10' },
  ),
  video(
    'deshake',
    'Stabilizes the picture of a shaking camera.',
    {
      x: integer(-1, 8192),
      y: integer(-1, 8192),
      w: integer(-1, 8192),
      h: integer(-1, 8192),
      rx: integer(0, 64),
      ry: integer(0, 64),
      edge: named('blank original clamp mirror'),
      blocksize: integer(8, 128),
      contrast: integer(1, 255),
      search: named('exhaustive less'),
    },
    {
      positional: ['x', 'y', 'w', 'h', 'rx', 'ry', 'edge', 'blocksize', 'contrast', 'search', 'filename', 'opencl'],
      example: 'deshake=rx=16:ry=16:edge=clamp',
    },
  ),
  video('noise', 'Adds noise.', Object.assign({}, ...NOISE_PLANES.map(noiseOf)), {
    aliases: Object.fromEntries(
      NOISE_PLANES.flatMap((plane) => [
        [`${plane}s`, `${plane}_strength`],
        [`${plane}f`, `${plane}_flags`],
      ]),
    ),
    timeline: true,
    example: 'noise=alls=20:allf=t+u',
  }),
];
