import type { FilterSpec } from '../types.ts';
import { indexesBelow } from './rules.ts';
import { boolean, color, expression, integer, number, numbers, pattern, time } from './values.ts';
import { BLEND_MODES, TRANSITIONS } from './video-lists.ts';
import { COLOR_OR_WORD, EVAL, named, PLANES, video } from './video-rows.ts';

const offset = expression('main_w W main_h H overlay_w w overlay_h h hsub vsub x y n pos t');
/** FFmpeg evaluates the expression once per pixel. */
const blended = expression('X Y W H SW SH T N A B TOP BOTTOM', { maxNodes: 60 });
const crossed = expression('X Y W H P PLANE A B', {
  maxNodes: 60,
  functions: { a0: 2, a1: 2, a2: 2, a3: 2, b0: 2, b1: 2, b2: 2, b3: 2 },
});

const COORDINATE = String.raw`(?:[wh]\d{1,2}|\d{1,4})`;
const POSITION = String.raw`${COORDINATE}(?:\+${COORDINATE}){0,15}`;
const LAYOUT = pattern(
  new RegExp(`^${POSITION}_${POSITION}(?:\\|${POSITION}_${POSITION}){0,15}$`),
  600,
  'one position for each input, such as 0_0|w0_0|0_h0|w0_h0',
);

const stack = { inputs: integer(2, 16), shortest: boolean };
const stacked = { inputs: { kind: 'v', count: 'inputs', fallback: 2, max: 16 } as const };
const opacity = number(0, 1);
const BLEND = {
  c0_mode: BLEND_MODES,
  c1_mode: BLEND_MODES,
  c2_mode: BLEND_MODES,
  c3_mode: BLEND_MODES,
  all_mode: BLEND_MODES,
  c0_expr: blended,
  c1_expr: blended,
  c2_expr: blended,
  c3_expr: blended,
  all_expr: blended,
  c0_opacity: opacity,
  c1_opacity: opacity,
  c2_opacity: opacity,
  c3_opacity: opacity,
  all_opacity: opacity,
};
const DURATION = named('longest shortest first');

const STEREO_IN =
  'irl=16 irr=17 sbsl=18 sbsr=19 sbs2l=20 sbs2r=21 abl=22 tbl=22 abr=23 tbr=23 ab2l=24 tb2l=24 ab2r=25 tb2r=25 al=26 ' +
  'ar=27 icl=30 icr=31';
const STEREO_OUT =
  'arcg=0 arch=1 arcc=2 arcd=3 agmg=4 agmh=5 agmc=6 agmd=7 aybg=8 aybh=9 aybc=10 aybd=11 arbg=12 argg=13 ml=14 mr=15 ' +
  `${STEREO_IN} chl=28 chr=29 hdmi=32`;

/** Filters that combine and split videos. */
export const COMPOSE_FILTERS: readonly FilterSpec[] = [
  video(
    'overlay',
    'Overlays the second video on the first.',
    {
      x: offset,
      y: offset,
      eof_action: named('repeat endall pass'),
      eval: EVAL,
      shortest: boolean,
      format: named('yuv420 yuv420p10 yuv422 yuv422p10 yuv444 yuv444p10 rgb gbrp auto'),
      repeatlast: boolean,
      alpha: named('straight premultiplied'),
    },
    {
      inputs: ['v', 'v'],
      timeline: true,
      framesync: true,
      example: "overlay=x='main_w-overlay_w-10':y=H-h-10:enable='between(t,0.1,0.3)'",
    },
  ),
  video('hstack', 'Puts videos of the same height side by side.', stack, { ...stacked, example: 'hstack=inputs=2' }),
  video('vstack', 'Puts videos of the same width above each other.', stack, {
    ...stacked,
    example: 'vstack=inputs=2:shortest=1',
  }),
  video(
    'xstack',
    'Puts videos at given positions, or in a grid.',
    {
      inputs: integer(2, 16),
      layout: LAYOUT,
      grid: { type: 'size', maxSide: 16, maxPixels: 16 },
      shortest: boolean,
      fill: COLOR_OR_WORD,
    },
    { ...stacked, example: 'xstack=inputs=2:layout=0_0|w0_0:fill=black' },
  ),
  video(
    'concat',
    'Plays segments one after the other.',
    { n: integer(1, 64), v: integer(0, 4), a: integer(0, 8), unsafe: boolean },
    { inputs: 'concat-inputs', outputs: 'concat-outputs', example: 'concat=n=2:v=1:a=0' },
  ),
  video(
    'split',
    'Copies the video to several outputs.',
    { outputs: integer(1, 16) },
    { outputs: { kind: 'v', count: 'outputs', fallback: 2, max: 16 }, example: 'split=2' },
  ),
  video(
    'interleave',
    'Interleaves the frames of several videos by time.',
    { nb_inputs: integer(1, 16), duration: DURATION },
    {
      inputs: { kind: 'v', count: 'nb_inputs', fallback: 2, max: 16 },
      aliases: { n: 'nb_inputs' },
      example: 'interleave=n=2',
    },
  ),
  video(
    'streamselect',
    'Passes on one of several videos.',
    // A second output makes FFmpeg 7.1 abort.
    { inputs: integer(2, 16), map: integer(0, 15) },
    {
      ...stacked,
      required: ['map'],
      check: indexesBelow('map', (values) => Number(values.get('inputs') ?? 2), 'input'),
      example: 'streamselect=inputs=2:map=1',
    },
  ),
  video(
    'mix',
    'Mixes several videos by weights.',
    {
      inputs: integer(2, 16),
      weights: numbers(-1000, 1000, ' ', 16),
      scale: number(0, 32_767),
      planes: PLANES,
      duration: DURATION,
    },
    { ...stacked, timeline: true, example: "mix=inputs=2:weights='1 2'" },
  ),
  video(
    'xmedian',
    'Computes the median of several videos.',
    { inputs: integer(3, 16), planes: PLANES, percentile: number(0, 1) },
    {
      inputs: { kind: 'v', count: 'inputs', fallback: 3, max: 16 },
      timeline: true,
      framesync: true,
      example: 'xmedian=inputs=3',
    },
  ),
  video('blend', 'Blends two videos by a mode or an expression.', BLEND, {
    inputs: ['v', 'v'],
    timeline: true,
    framesync: true,
    example: "blend=all_mode=overlay:all_opacity=0.7:c1_expr='if(gt(X,W/2),A,B)'",
  }),
  video('tblend', 'Blends each frame with the previous frame.', BLEND, {
    timeline: true,
    example: 'tblend=all_mode=difference128',
  }),
  video(
    'xfade',
    'Fades from the first video to the second video.',
    { transition: TRANSITIONS, duration: time(0, 60), offset: time(), expr: crossed },
    { inputs: ['v', 'v'], example: 'xfade=transition=wipeleft:duration=0.2:offset=0.2' },
  ),
  video(
    'fade',
    'Fades in or out.',
    {
      type: named('in out'),
      start_frame: integer(0, 100_000_000),
      nb_frames: integer(1, 1_000_000),
      alpha: boolean,
      start_time: time(),
      duration: time(),
      color,
    },
    {
      aliases: { t: 'type', s: 'start_frame', n: 'nb_frames', st: 'start_time', d: 'duration', c: 'color' },
      timeline: true,
      example: 'fade=t=in:st=0:d=0.3:color=white',
    },
  ),
  video(
    'stereo3d',
    'Converts between stereoscopic layouts.',
    { in: named(STEREO_IN), out: named(STEREO_OUT) },
    { example: 'stereo3d=sbsl:aybd' },
  ),
];
