import type { FilterSpec, OptionTexts } from '../types.ts';
import { indexesBelow, positive } from './rules.ts';
import { boolean, choice, color, expression, integer, number, numbers, rate, time } from './values.ts';
import { count, named, PLANES, SEED, video } from './video-rows.ts';

// Variables of timestamps. The wall clocks (RTCTIME, RTCSTART) are left out, because a result must depend on the request alone.
const TIMESTAMPS =
  'FRAME_RATE FR INTERLACED N POS PREV_INPTS PREV_INT PREV_OUTPTS PREV_OUTT PTS STARTPTS STARTT T TB T_CHANGE';

const SELECTION =
  'TB pts start_pts prev_pts prev_selected_pts t start_t prev_t prev_selected_t pict_type I P B S SI SP BI PICT_TYPE_I ' +
  'PICT_TYPE_P PICT_TYPE_B PICT_TYPE_S PICT_TYPE_SI PICT_TYPE_SP PICT_TYPE_BI interlace_type PROGRESSIVE TOPFIRST ' +
  'BOTTOMFIRST n selected_n prev_selected_n key scene pos';

/** Numbers of frames and time stamps that no input within the limits reaches: 12 hours at 240 frames per second. */
const MAX_FRAMES = 12 * 3600 * 240;
const MAX_PTS = Number.MAX_SAFE_INTEGER;

const repeatsForEver = (values: OptionTexts) => values.get('loop') === '-1';

/** Filters for the timing, selection and repetition of frames. */
export const TIME_FILTERS: readonly FilterSpec[] = [
  video(
    'fps',
    'Converts to a constant frame rate by dropping and repeating frames.',
    {
      fps: rate,
      start_time: time(),
      round: named('zero=0 inf=1 down=2 up=3 near=5'),
      eof_action: named('round pass'),
    },
    { example: 'fps=fps=30000/1001:round=near' },
  ),
  video(
    'setpts',
    'Computes the timestamp of each frame.',
    { expr: expression(TIMESTAMPS) },
    { example: 'setpts=0.5*(PTS-STARTPTS)' },
  ),
  video(
    'settb',
    'Sets the time base.',
    { expr: expression('AVTB intb') },
    { aliases: { tb: 'expr' }, check: positive('expr', 'above 0', '1/90000'), example: 'settb=1/90000' },
  ),
  video(
    'trim',
    'Keeps one part of the video.',
    {
      start: time(),
      end: time(),
      start_pts: integer(0, MAX_PTS),
      end_pts: integer(0, MAX_PTS),
      duration: time(),
      start_frame: integer(0, MAX_FRAMES),
      end_frame: integer(0, MAX_FRAMES),
    },
    { aliases: { starti: 'start', endi: 'end', durationi: 'duration' }, example: 'trim=start=0.1:end=0.4' },
  ),
  video(
    'loop',
    'Repeats frames. `loop=-1` repeats them without end.',
    { loop: integer(-1, 100_000), size: integer(0, 32_767), start: integer(-1, MAX_FRAMES), time: time() },
    {
      endless: { option: null, when: repeatsForEver },
      bufferedFrames: (values) => count(values, 'size', 0),
      example: 'loop=loop=2:size=3:start=1',
    },
  ),
  video(
    'tpad',
    'Adds frames before and after the video.',
    {
      start: integer(0, 100_000),
      stop: integer(-1, 100_000),
      start_mode: named('add clone'),
      stop_mode: named('add clone'),
      start_duration: time(0, 3600),
      stop_duration: time(0, 3600),
      color,
    },
    {
      endless: {
        option: 'stop_duration',
        when: (values) => values.get('stop') === '-1' && !values.has('stop_duration'),
      },
      example: 'tpad=start=2:stop_mode=clone:stop_duration=0.2',
    },
  ),
  video(
    'reverse',
    'Plays the video backwards. Keeps the entire video in memory.',
    {},
    { bufferedFrames: Number.POSITIVE_INFINITY },
  ),
  video(
    'framerate',
    'Changes the frame rate by blending neighboring frames.',
    {
      fps: rate,
      interp_start: integer(0, 255),
      interp_end: integer(0, 255),
      scene: number(0, 100),
      flags: choice(['scene_change_detect'], { scd: 'scene_change_detect' }),
    },
    { example: 'framerate=fps=50:interp_start=15' },
  ),
  video(
    'minterpolate',
    'Changes the frame rate by motion compensation. This filter is slow.',
    {
      fps: rate,
      mi_mode: named('dup blend mci'),
      mc_mode: named('obmc aobmc'),
      me_mode: named('bidir bilat'),
      me: named('esa=1 tss tdls ntss fss ds hexbs epzs umh'),
      mb_size: integer(8, 16),
      // The filter searches the entire window for each block, so the cost grows with the square of the window.
      search_param: integer(4, 32),
      vsbmc: integer(0, 1),
      scd: named('none fdiff'),
      scd_threshold: number(0, 100),
    },
    { example: 'minterpolate=fps=30:mi_mode=blend' },
  ),
  video(
    'framestep',
    'Keeps one of every few frames.',
    { step: integer(1, 100_000) },
    { timeline: true, example: 'framestep=5' },
  ),
  video(
    'select',
    'Keeps the frames for which an expression is not zero.',
    { expr: expression(SELECTION), outputs: integer(1, 16) },
    {
      outputs: { kind: 'v', count: 'outputs', fallback: 1, max: 16 },
      aliases: { e: 'expr', n: 'outputs' },
      example: "select='eq(pict_type,I)+gt(scene,0.4)+not(mod(n,5))'",
    },
  ),
  video(
    'shuffleframes',
    'Reorders, repeats and drops frames.',
    { mapping: numbers(-1, 63, ' ', 64) },
    {
      timeline: true,
      bufferedFrames: 64,
      check: indexesBelow('mapping', (values) => (values.get('mapping') ?? '0').split(' ').length, 'frame'),
      example: "shuffleframes='0 2 1'",
    },
  ),
  video(
    'random',
    'Shuffles frames within a window.',
    { frames: integer(2, 128), seed: SEED },
    { bufferedFrames: (values) => count(values, 'frames', 30), example: 'random=frames=4:seed=1' },
  ),
  video(
    'thumbnail',
    'Picks the most representative of every few frames.',
    { n: integer(2, 1000) },
    {
      positional: ['n', 'log'],
      timeline: true,
      bufferedFrames: (values) => count(values, 'n', 100),
      example: 'thumbnail=5',
    },
  ),
  video(
    'tile',
    'Tiles frames in one picture.',
    {
      layout: { type: 'size', maxSide: 20, maxPixels: 100 },
      nb_frames: integer(0, 100),
      margin: integer(0, 1024),
      padding: integer(0, 1024),
      color,
      overlap: integer(0, 99),
      init_padding: integer(0, 99),
    },
    {
      bufferedFrames: (values) =>
        (values.get('layout') ?? '6x5').split('x').reduce((product, side) => product * Number(side), 2),
      example: 'tile=3x2:padding=2:color=white',
    },
  ),
  video(
    'untile',
    'Splits a tiled picture into frames.',
    { layout: { type: 'size', maxSide: 20, maxPixels: 100 } },
    { example: 'scale=w=160:h=88,untile=2x2' },
  ),
  video(
    'tmix',
    'Mixes neighboring frames.',
    { frames: integer(1, 128), weights: numbers(-1000, 1000, ' ', 128), scale: number(0, 32_767), planes: PLANES },
    {
      timeline: true,
      bufferedFrames: (values) => count(values, 'frames', 3),
      example: "tmix=frames=3:weights='1 2 1'",
    },
  ),
  video(
    'tmedian',
    'Computes the median of neighboring frames.',
    { radius: integer(1, 32), planes: PLANES, percentile: number(0, 1) },
    { timeline: true, bufferedFrames: (values) => 2 * count(values, 'radius', 1) + 1, example: 'tmedian=radius=1' },
  ),
  video(
    'freezeframes',
    'Replaces frames of the first video with one frame of the second video.',
    { first: integer(0, MAX_FRAMES), last: integer(0, MAX_FRAMES), replace: integer(0, MAX_FRAMES) },
    { inputs: ['v', 'v'], example: 'freezeframes=first=2:last=4:replace=1' },
  ),
  video(
    'photosensitivity',
    'Softens flashes that can harm sensitive viewers.',
    {
      frames: integer(2, 240),
      threshold: number(0.1, 1000),
      skip: integer(1, 1024),
      bypass: boolean,
    },
    { aliases: { f: 'frames', t: 'threshold' }, example: 'photosensitivity=frames=10' },
  ),
  video(
    'deflicker',
    'Reduces changes of brightness between frames.',
    { size: integer(2, 129), mode: named('am gm hm qm cm pm median'), bypass: boolean },
    {
      aliases: { s: 'size', m: 'mode' },
      bufferedFrames: (values) => count(values, 'size', 5),
      example: 'deflicker=size=5:mode=pm',
    },
  ),
  video('null', 'Passes frames on unchanged.'),
  video(
    'nullsink',
    'Discards a stream.',
    {},
    { outputs: [], example: 'split[kept][dropped];[dropped]nullsink;[kept]null' },
  ),
  video('copy', 'Copies the frames.'),
];
