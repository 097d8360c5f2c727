import type { FilterSpec } from '../types.ts';
import { allOf, bothOrNone, notItself } from './rules.ts';
import { boolean, color, expression, integer, number, pattern, rate, size } from './values.ts';
import { COLOR_OR_WORD, count, EVAL, INTERPOLATION, named, video } from './video-rows.ts';

const rotated = expression('in_w iw in_h ih out_w ow out_h oh hsub vsub n t', { functions: { rotw: 1, roth: 1 } });
const corner = expression('W H in on');
const zoomed = expression(
  'in_w iw in_h ih out_w ow out_h oh in on duration pduration in_time it out_time time ot frame zoom pzoom x px y py ' +
    'a sar dar hsub vsub',
);
const coordinate = expression('x y w h n t');
const rectangle = expression('w h a n t pos sar dar');

/** Maximum number of frames that `zoompan` may make of one picture: ten minutes at 60 frames per second. */
const MAX_ZOOM_FRAMES = 36_000;

const FACE_ORDER = pattern(/^[rludfb]{6}$/, 6, 'the six faces r l u d f b in an order');
const FACE_ROTATION = pattern(/^[0-3]{6}$/, 6, 'six digits from 0 to 3');
const STEREO = named('2d sbs tb');
const PROJECTIONS =
  'e=0 equirect=0 c3x2=1 c6x1=2 eac=3 flat=4 rectilinear=4 gnomonic=4 dfisheye=5 barrel=6 fb=6 c1x6=7 sg=8 mercator=9 ' +
  'ball=10 hammer=11 sinusoidal=12 fisheye=13 pannini=14 cylindrical=15 tetrahedron=17 barrelsplit=18 tsp=19 ' +
  'hequirect=20 he=20 equisolid=21 og=22 octahedron=23 cylindricalea=24';
const angle = number(-180, 180);
const fov = number(0, 360);

/** Filters that rotate, mirror, warp and move the picture. */
export const GEOMETRY_FILTERS: readonly FilterSpec[] = [
  video('hflip', 'Mirrors the picture left to right.', {}, { timeline: true }),
  video('vflip', 'Mirrors the picture top to bottom.', {}, { timeline: true }),
  video(
    'transpose',
    'Rotates the picture by 90 degrees, with or without a flip. The default, `cclock_flip`, includes a flip.',
    {
      dir: named('cclock_flip clock cclock clock_flip'),
      passthrough: named('none landscape portrait'),
    },
    { example: 'transpose=1' },
  ),
  video(
    'rotate',
    'Rotates the picture by any angle.',
    { angle: rotated, out_w: rotated, out_h: rotated, fillcolor: COLOR_OR_WORD, bilinear: boolean },
    {
      aliases: { a: 'angle', ow: 'out_w', oh: 'out_h', c: 'fillcolor' },
      check: allOf(notItself('out_w', 'ow', 'out_w'), notItself('out_h', 'oh', 'out_h')),
      timeline: true,
      example: "rotate=PI/6:ow='rotw(PI/6)':oh='roth(PI/6)':c=black@0.5",
    },
  ),
  video(
    'shear',
    'Shears the picture.',
    { shx: number(-2, 2), shy: number(-2, 2), fillcolor: COLOR_OR_WORD, interp: INTERPOLATION },
    { aliases: { c: 'fillcolor' }, timeline: true, example: 'shear=shx=0.2:fillcolor=black' },
  ),
  video(
    'perspective',
    'Corrects or applies a perspective.',
    {
      x0: corner,
      y0: corner,
      x1: corner,
      y1: corner,
      x2: corner,
      y2: corner,
      x3: corner,
      y3: corner,
      interpolation: named('linear cubic'),
      sense: named('source destination'),
      eval: EVAL,
    },
    { timeline: true, example: 'perspective=x0=W/10:y0=0:x3=W:y3=H-4:interpolation=cubic' },
  ),
  video(
    'lenscorrection',
    'Corrects lens distortion.',
    {
      cx: number(0, 1),
      cy: number(0, 1),
      k1: number(-1, 1),
      k2: number(-1, 1),
      i: INTERPOLATION,
      fc: color,
    },
    { timeline: true, example: 'lenscorrection=k1=-0.227:k2=-0.022:i=bilinear' },
  ),
  video(
    'v360',
    'Converts panoramas between projections, or renders a view of a panorama.',
    {
      input: named(PROJECTIONS),
      output: named(`${PROJECTIONS} perspective=16`),
      interp: named(
        'nearest near=0 linear=1 line=1 lagrange9=2 cubic=3 cube=3 lanczos=4 lanc=4 spline16=5 sp16=5 gaussian=6 gauss=6 ' +
          'mitchell=7',
      ),
      w: integer(0, 8192),
      h: integer(0, 4352),
      in_stereo: STEREO,
      out_stereo: STEREO,
      in_forder: FACE_ORDER,
      out_forder: FACE_ORDER,
      in_frot: FACE_ROTATION,
      out_frot: FACE_ROTATION,
      in_pad: number(0, 0.1),
      out_pad: number(0, 0.1),
      fin_pad: integer(0, 100),
      fout_pad: integer(0, 100),
      yaw: angle,
      pitch: angle,
      roll: angle,
      rorder: pattern(/^(?!.*(.).*\1)[ypr]{3}$/, 3, 'y, p and r in an order'),
      h_fov: fov,
      v_fov: fov,
      d_fov: fov,
      h_flip: boolean,
      v_flip: boolean,
      d_flip: boolean,
      ih_flip: boolean,
      iv_flip: boolean,
      in_trans: boolean,
      out_trans: boolean,
      ih_fov: fov,
      iv_fov: fov,
      id_fov: fov,
      h_offset: number(-1, 1),
      v_offset: number(-1, 1),
      alpha_mask: boolean,
      reset_rot: boolean,
    },
    { check: bothOrNone('w', 'h'), example: 'v360=e:flat:w=96:h=64:yaw=30:h_fov=90:v_fov=60' },
  ),
  video(
    'zoompan',
    'Zooms into the picture and pans over it.',
    { zoom: zoomed, x: zoomed, y: zoomed, d: zoomed, s: size, fps: rate },
    {
      aliases: { z: 'zoom' },
      endless: { option: null, when: (values) => values.has('d') && !Number.isFinite(Number(values.get('d'))) },
      check: (values) =>
        count(values, 'd', 90) > MAX_ZOOM_FRAMES
          ? {
              option: 'd',
              reason: `makes more than ${MAX_ZOOM_FRAMES} frames of one picture`,
              suggestion: `Set d to at most ${MAX_ZOOM_FRAMES} frames.`,
            }
          : null,
      example:
        "zoompan=z='min(max(zoom,pzoom)+0.0015,1.5)':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)':d=5:s=96x54:fps=25",
    },
  ),
  video(
    'scroll',
    'Scrolls the picture.',
    {
      horizontal: number(-1, 1),
      vertical: number(-1, 1),
      hpos: number(0, 1),
      vpos: number(0, 1),
    },
    { aliases: { h: 'horizontal', v: 'vertical' }, timeline: true, example: 'scroll=horizontal=0.05' },
  ),
  video(
    'swaprect',
    'Swaps two rectangles of the picture.',
    { w: rectangle, h: rectangle, x1: rectangle, y1: rectangle, x2: rectangle, y2: rectangle },
    { timeline: true, example: 'swaprect=w=w/4:h=h/4:x1=0:y1=0:x2=w/2:y2=h/2' },
  ),
  video(
    'delogo',
    'Hides a logo by interpolating its surroundings.',
    { x: coordinate, y: coordinate, w: coordinate, h: coordinate, show: boolean },
    { timeline: true, required: ['x', 'y', 'w', 'h'], example: 'delogo=x=10:y=10:w=30:h=20' },
  ),
  video(
    'fillborders',
    'Fills the borders of the picture.',
    {
      left: integer(0, 8192),
      right: integer(0, 8192),
      top: integer(0, 8192),
      bottom: integer(0, 8192),
      mode: named('smear mirror fixed reflect wrap fade margins'),
      color,
    },
    { timeline: true, example: 'fillborders=left=8:right=8:mode=mirror' },
  ),
  video(
    'pixelize',
    'Pixelates the picture.',
    {
      width: integer(1, 1024),
      height: integer(1, 1024),
      mode: named('avg min max'),
      planes: integer(0, 15),
    },
    {
      aliases: { w: 'width', h: 'height', m: 'mode', p: 'planes' },
      timeline: true,
      example: 'pixelize=w=8:h=8:mode=avg',
    },
  ),
  video('hqx', 'Enlarges pixel art with hqx.', { n: integer(2, 4) }, { example: 'hqx=2' }),
  video('xbr', 'Enlarges pixel art with xBR.', { n: integer(2, 4) }, { example: 'xbr=2' }),
  video('epx', 'Enlarges pixel art with EPX.', { n: integer(2, 3) }, { example: 'epx=2' }),
  video('super2xsai', 'Doubles pixel art with Super2xSaI.'),
];
