import type { FilterSpec } from '../types.ts';
import { boolean, flags, integer, number, size } from './values.ts';
import { named, video } from './video-rows.ts';

const unit = number(0, 1);
const tint = number(-1, 1);
const COMPONENTS = integer(1, 15);
const DISPLAY = named('overlay parade stack');
const LEVELS = named('linear logarithmic');
const ENVELOPE = named('none instant peak peak+instant');

/** Filters that show measurements as video, or add metadata to frames for `select` and later filters. */
export const SCOPE_FILTERS: readonly FilterSpec[] = [
  video(
    'vectorscope',
    'Shows two color components as a plane.',
    {
      mode: named('gray tint=0 color=1 color2 color3 color4 color5'),
      x: integer(0, 2),
      y: integer(0, 2),
      intensity: unit,
      envelope: ENVELOPE,
      graticule: named('none green color invert'),
      opacity: unit,
      flags: flags(['white', 'black', 'name']),
      bgopacity: unit,
      lthreshold: unit,
      hthreshold: unit,
      colorspace: named('auto 601 709'),
      tint0: tint,
      tint1: tint,
    },
    {
      aliases: {
        m: 'mode',
        i: 'intensity',
        e: 'envelope',
        g: 'graticule',
        o: 'opacity',
        f: 'flags',
        b: 'bgopacity',
        l: 'lthreshold',
        h: 'hthreshold',
        c: 'colorspace',
        t0: 'tint0',
        t1: 'tint1',
      },
      example: 'vectorscope=mode=color3:graticule=color',
    },
  ),
  video(
    'histogram',
    'Shows the histogram of each frame.',
    {
      level_height: integer(50, 2048),
      scale_height: integer(0, 40),
      display_mode: DISPLAY,
      levels_mode: LEVELS,
      components: COMPONENTS,
      fgopacity: unit,
      bgopacity: unit,
      colors_mode: named(
        'whiteonblack blackonwhite whiteongray blackongray coloronblack coloronwhite colorongray blackoncolor ' +
          'whiteoncolor grayoncolor',
      ),
    },
    {
      aliases: {
        d: 'display_mode',
        m: 'levels_mode',
        c: 'components',
        f: 'fgopacity',
        b: 'bgopacity',
        l: 'colors_mode',
      },
      example: 'histogram=level_height=100:display_mode=parade',
    },
  ),
  video(
    'oscilloscope',
    'Draws the samples along a line.',
    {
      x: unit,
      y: unit,
      s: unit,
      t: unit,
      o: unit,
      tx: unit,
      ty: unit,
      tw: number(0.1, 1),
      th: number(0.1, 1),
      c: integer(0, 15),
      g: boolean,
      st: boolean,
      sc: boolean,
    },
    { timeline: true, example: 'oscilloscope=x=0.5:y=0:s=1' },
  ),
  video(
    'datascope',
    'Shows sample values as numbers.',
    {
      size,
      x: integer(0, 8192),
      y: integer(0, 8192),
      mode: named('mono color color2'),
      axis: boolean,
      opacity: unit,
      format: named('hex dec'),
      components: COMPONENTS,
    },
    { aliases: { s: 'size' }, example: 'datascope=s=320x180:mode=color' },
  ),
  video(
    'pixscope',
    'Shows the colors of an area as numbers.',
    {
      x: unit,
      y: unit,
      w: integer(1, 80),
      h: integer(1, 80),
      o: unit,
      wx: tint,
      wy: tint,
    },
    { timeline: true, example: 'scale=w=640:h=480,pixscope=x=0.5:y=0.5:w=7:h=7' },
  ),
  video(
    'cropdetect',
    'Finds black bars, and tags each frame with the area inside them.',
    {
      limit: number(0, 65_535),
      round: integer(0, 1024),
      reset: integer(0, 1_000_000),
      skip: integer(0, 1_000_000),
      reset_count: integer(0, 1_000_000),
      max_outliers: integer(0, 8192),
      mode: named('black mvedges'),
      high: unit,
      low: unit,
      mv_threshold: integer(0, 100),
    },
    { timeline: true, example: 'cropdetect=limit=24:round=2' },
  ),
];
