import type { FilterSpec } from '../types.ts';
import { boolean, expression, flags, integer, number, pattern } from './values.ts';
import { named, PLANES, video } from './video-rows.ts';

const radius = expression('w h cw ch hsub vsub');
const matrix = integer(3, 23);
const amount = number(-2, 5);

/** Filters that blur, sharpen, and smooth without blurring edges. */
export const BLUR_FILTERS: readonly FilterSpec[] = [
  video(
    'unsharp',
    'Sharpens, or blurs with negative amounts.',
    {
      luma_msize_x: matrix,
      luma_msize_y: matrix,
      luma_amount: amount,
      chroma_msize_x: matrix,
      chroma_msize_y: matrix,
      chroma_amount: amount,
      alpha_msize_x: matrix,
      alpha_msize_y: matrix,
      alpha_amount: amount,
    },
    {
      aliases: {
        lx: 'luma_msize_x',
        ly: 'luma_msize_y',
        la: 'luma_amount',
        cx: 'chroma_msize_x',
        cy: 'chroma_msize_y',
        ca: 'chroma_amount',
        ax: 'alpha_msize_x',
        ay: 'alpha_msize_y',
        aa: 'alpha_amount',
      },
      timeline: true,
      example: 'unsharp=5:5:1.0:5:5:0.0',
    },
  ),
  video(
    'cas',
    'Sharpens by local contrast.',
    { strength: number(0, 1), planes: PLANES },
    { timeline: true, example: 'cas=0.6' },
  ),
  video(
    'smartblur',
    'Blurs without affecting outlines, or sharpens.',
    {
      luma_radius: number(0.1, 5),
      luma_strength: number(-1, 1),
      luma_threshold: integer(-30, 30),
      chroma_radius: number(-0.9, 5),
      chroma_strength: number(-2, 1),
      chroma_threshold: integer(-31, 30),
      alpha_radius: number(-0.9, 5),
      alpha_strength: number(-2, 1),
      alpha_threshold: integer(-31, 30),
    },
    {
      aliases: {
        lr: 'luma_radius',
        ls: 'luma_strength',
        lt: 'luma_threshold',
        cr: 'chroma_radius',
        cs: 'chroma_strength',
        ct: 'chroma_threshold',
        ar: 'alpha_radius',
        as: 'alpha_strength',
        at: 'alpha_threshold',
      },
      timeline: true,
      example: 'smartblur=lr=1.5:ls=-0.35:lt=-3',
    },
  ),
  video(
    'gblur',
    'Blurs with a Gaussian filter.',
    { sigma: number(0, 1024), steps: integer(1, 6), planes: PLANES, sigmaV: number(-1, 1024) },
    { timeline: true, example: 'gblur=sigma=5:steps=2' },
  ),
  video(
    'boxblur',
    'Applies a box blur, once or several times.',
    {
      luma_radius: radius,
      luma_power: integer(0, 16),
      chroma_radius: radius,
      chroma_power: integer(-1, 16),
      alpha_radius: radius,
      alpha_power: integer(-1, 16),
    },
    {
      aliases: {
        lr: 'luma_radius',
        lp: 'luma_power',
        cr: 'chroma_radius',
        cp: 'chroma_power',
        ar: 'alpha_radius',
        ap: 'alpha_power',
      },
      timeline: true,
      example: "boxblur='min(h,w)/20':1:cr='min(cw,ch)/20'",
    },
  ),
  video(
    'avgblur',
    'Blurs with an average filter.',
    { sizeX: integer(1, 1024), planes: PLANES, sizeY: integer(0, 1024) },
    { timeline: true, example: 'avgblur=sizeX=5' },
  ),
  video(
    'dblur',
    'Blurs in one direction.',
    { angle: number(0, 360), radius: number(0, 8192), planes: PLANES },
    { timeline: true, example: 'dblur=angle=45:radius=10' },
  ),
  video(
    'median',
    'Replaces each pixel with the median of a rectangle.',
    { radius: integer(1, 64), planes: PLANES, radiusV: integer(0, 64), percentile: number(0, 1) },
    { timeline: true, example: 'median=radius=2' },
  ),
  video(
    'bilateral',
    'Smooths areas and keeps edges.',
    { sigmaS: number(0, 512), sigmaR: number(0, 1), planes: PLANES },
    { timeline: true, example: 'bilateral=sigmaS=3:sigmaR=0.1' },
  ),
  video(
    'guided',
    'Smooths along the edges of the video, or of a second video.',
    {
      radius: integer(1, 20),
      eps: number(0, 1),
      mode: named('basic fast'),
      sub: integer(2, 64),
      guidance: named('off on'),
      planes: PLANES,
    },
    {
      inputs: (values) => (values.get('guidance') === 'on' ? ['v', 'v'] : ['v']),
      timeline: true,
      example: 'guided=radius=3:eps=0.02',
    },
  ),
  video(
    'varblur',
    'Blurs the first video by the amounts in the second video.',
    { min_r: integer(0, 254), max_r: integer(1, 255), planes: PLANES },
    { inputs: ['v', 'v'], timeline: true, framesync: true, example: 'varblur=max_r=12' },
  ),
  video(
    'yaepblur',
    'Blurs and keeps edges.',
    { radius: integer(0, 64), planes: PLANES, sigma: integer(1, 1_000_000) },
    { aliases: { r: 'radius', p: 'planes', s: 'sigma' }, timeline: true, example: 'yaepblur=radius=3' },
  ),
  video(
    'sab',
    'Blurs, depending on the shapes in the picture.',
    {
      luma_radius: number(0.1, 4),
      luma_pre_filter_radius: number(0.1, 2),
      luma_strength: number(0.1, 100),
      chroma_radius: number(-0.9, 4),
      chroma_pre_filter_radius: number(-0.9, 2),
      chroma_strength: number(-0.9, 100),
    },
    {
      aliases: {
        lr: 'luma_radius',
        lpfr: 'luma_pre_filter_radius',
        ls: 'luma_strength',
        cr: 'chroma_radius',
        cpfr: 'chroma_pre_filter_radius',
        cs: 'chroma_strength',
      },
      timeline: true,
      example: 'sab=luma_radius=1',
    },
  ),
  video(
    'gradfun',
    'Hides banding in gradients by dithering.',
    { strength: number(0.51, 64), radius: integer(4, 32) },
    { timeline: true, example: 'gradfun=3.5:8' },
  ),
  video(
    'deband',
    'Removes banding.',
    {
      '1thr': number(0.00003, 0.5),
      '2thr': number(0.00003, 0.5),
      '3thr': number(0.00003, 0.5),
      '4thr': number(0.00003, 0.5),
      range: integer(-1024, 1024),
      direction: number(-6.283, 6.283),
      blur: boolean,
      coupling: boolean,
    },
    {
      aliases: { r: 'range', d: 'direction', b: 'blur', c: 'coupling' },
      timeline: true,
      example: 'deband=1thr=0.02:range=16',
    },
  ),
  video(
    'deblock',
    'Removes the edges of coding blocks.',
    {
      filter: named('weak strong'),
      block: integer(4, 512),
      alpha: number(0, 1),
      beta: number(0, 1),
      gamma: number(0, 1),
      delta: number(0, 1),
      planes: PLANES,
    },
    { timeline: true, example: 'deblock=filter=weak:block=4' },
  ),
  video(
    'pp',
    'Removes coding artifacts with the filters of libpostproc.',
    {
      subfilters: pattern(
        /^-?[a-z]{1,2}[a-z0-9]{0,9}(?::[a-z0-9]{1,6}){0,4}(?:[/,|]-?[a-z]{1,2}[a-z0-9]{0,9}(?::[a-z0-9]{1,6}){0,4}){0,15}$/,
        200,
        'names of filters such as hb/vb/dr/al',
      ),
    },
    { timeline: true, example: 'pp=hb/vb/dr/al' },
  ),
  video(
    'dedot',
    'Removes dot crawl and rainbows.',
    {
      m: flags(['dotcrawl', 'rainbows']),
      lt: number(0, 1),
      tl: number(0, 1),
      tc: number(0, 1),
      ct: number(0, 1),
    },
    { example: 'dedot=m=rainbows', timeline: true },
  ),
];
