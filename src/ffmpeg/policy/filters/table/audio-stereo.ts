import type { FilterSpec } from '../types.ts';
import { audio, layout, WINDOWS } from './audio-values.ts';
import { allOf, transformLength } from './rules.ts';
import { boolean, choice, integer, number } from './values.ts';

const unit = number(0, 1);
const gain = number(0.015625, 64);
const balance = number(-1, 1);

const SPEAKERS = ['fc', 'fl', 'fr', 'sl', 'sr', 'bl', 'br', 'bc', 'lfe'];
const SURROUND_SPEAKERS = ['fc', 'fl', 'fr', 'bl', 'br', 'sl', 'sr', 'bc'];
const each = (names: readonly string[], value = number(0, 10)) =>
  Object.fromEntries(names.map((name) => [name, value]));

/** Filters for the stereo image, headphones and surround. */
export const STEREO_FILTERS: readonly FilterSpec[] = [
  audio(
    'stereotools',
    'stereotools=mlev=0.5',
    'Adjusts the stereo image: levels, balance, mid and side.',
    {
      level_in: gain,
      level_out: gain,
      balance_in: balance,
      balance_out: balance,
      softclip: boolean,
      mutel: boolean,
      muter: boolean,
      phasel: boolean,
      phaser: boolean,
      mode: choice([
        ...['lr>lr', 'lr>ms', 'ms>lr', 'lr>ll', 'lr>rr', 'lr>l+r', 'lr>rl'],
        ...['ms>ll', 'ms>rr', 'ms>rl', 'lr>l-r'],
      ]),
      slev: gain,
      sbal: balance,
      mlev: gain,
      mpan: balance,
      base: balance,
      delay: number(-20, 20),
      sclevel: number(1, 100),
      phase: number(0, 360),
      bmode_in: choice(['balance', 'amplitude', 'power']),
      bmode_out: choice(['balance', 'amplitude', 'power']),
    },
    { timeline: true },
  ),
  audio(
    'stereowiden',
    'stereowiden=delay=20',
    'Widens the stereo image.',
    { delay: number(1, 100), feedback: number(0, 0.9), crossfeed: number(0, 0.8), drymix: unit },
    { timeline: true },
  ),
  audio(
    'extrastereo',
    'extrastereo=m=1.5',
    'Exaggerates the difference between left and right.',
    { m: number(-10, 10), c: boolean },
    { timeline: true },
  ),
  audio('haas', 'haas=left_delay=5', 'Widens mono audio by the Haas effect.', {
    level_in: gain,
    level_out: gain,
    side_gain: gain,
    middle_source: choice(['left', 'right', 'mid', 'side']),
    middle_phase: boolean,
    left_delay: number(0, 40),
    left_balance: balance,
    left_gain: gain,
    left_phase: boolean,
    right_delay: number(0, 40),
    right_balance: balance,
    right_gain: gain,
    right_phase: boolean,
  }),
  audio(
    'crossfeed',
    'crossfeed=strength=0.4',
    'Softens hard stereo for headphones.',
    { strength: unit, range: unit, slope: number(0.01, 1), level_in: unit, level_out: unit },
    { timeline: true, positional: 'strength range slope level_in level_out block_size'.split(' ') },
  ),
  audio('bs2b', 'bs2b=profile=cmoy', 'Converts stereo to a binaural mix for headphones.', {
    profile: choice(['default', 'cmoy', 'jmeier']),
    fcut: integer(0, 2000),
    feed: integer(0, 150),
  }),
  audio('earwax', 'earwax', 'Moves the sound stage outside of the head, for headphones.', {}),
  audio(
    'surround',
    'surround=chl_out=5.1',
    'Spreads stereo over surround speakers.',
    {
      chl_out: layout,
      chl_in: layout,
      level_in: number(0, 10),
      level_out: number(0, 10),
      lfe: boolean,
      lfe_low: integer(0, 256),
      lfe_high: integer(0, 512),
      lfe_mode: choice(['add', 'sub']),
      smooth: unit,
      angle: number(0, 360),
      focus: balance,
      ...each(SPEAKERS.flatMap((speaker) => [`${speaker}_in`, `${speaker}_out`])),
      allx: number(-1, 15),
      ally: number(-1, 15),
      ...each(
        SURROUND_SPEAKERS.map((speaker) => `${speaker}x`),
        number(0.06, 15),
      ),
      ...each(
        SURROUND_SPEAKERS.map((speaker) => `${speaker}y`),
        number(0.06, 15),
      ),
      win_size: integer(1024, 65_536),
      win_func: choice(WINDOWS),
      overlap: number(0, 0.95),
    },
    {
      check: allOf(transformLength('win_size'), (values) => {
        if (Number(values.get('lfe_low') ?? 128) < Number(values.get('lfe_high') ?? 256)) return null;
        return {
          option: values.has('lfe_low') ? 'lfe_low' : 'lfe_high',
          reason: 'is invalid: lfe_low must be below lfe_high',
          suggestion: 'Set lfe_low below lfe_high; the defaults are 128 and 256 Hz.',
        };
      }),
    },
  ),
  audio(
    'dialoguenhance',
    'dialoguenhance=voice=16',
    'Extracts dialogue from stereo into the center channel.',
    { original: unit, enhance: number(0, 3), voice: number(2, 32) },
    { timeline: true },
  ),
];
