/** What a parameter of an encoder's own list may be: a range of numbers, or one of some words. */
export type ParameterRule = { min: number; max: number } | readonly string[];
export type ParameterRules = Readonly<Record<string, ParameterRule>>;

/**
 * Keys of `x264-params` and its kin that may be set. Others name files that the encoder reads or writes (`stats`,
 * `cqmfile`, `qpfile`, `csv`, `fgs-table` …; security 3, lesson 7), or threads, which the server chooses.
 */
export const X264_PARAMETERS: ParameterRules = {
  keyint: { min: 1, max: 1000 },
  'min-keyint': { min: 1, max: 1000 },
  scenecut: { min: 0, max: 400 },
  bframes: { min: 0, max: 16 },
  ref: { min: 1, max: 16 },
  'rc-lookahead': { min: 0, max: 250 },
  'aq-mode': { min: 0, max: 3 },
  'aq-strength': { min: 0, max: 3 },
  me: ['dia', 'hex', 'umh'],
  subme: { min: 0, max: 11 },
  trellis: { min: 0, max: 2 },
  'open-gop': { min: 0, max: 1 },
  'nal-hrd': ['none', 'vbr', 'cbr'],
  'vbv-maxrate': { min: 0, max: 400_000 },
  'vbv-bufsize': { min: 0, max: 800_000 },
  crf: { min: 0, max: 51 },
  cabac: { min: 0, max: 1 },
  'b-adapt': { min: 0, max: 2 },
  'b-pyramid': ['none', 'strict', 'normal'],
  weightp: { min: 0, max: 2 },
  mbtree: { min: 0, max: 1 },
  qpmin: { min: 0, max: 69 },
  qpmax: { min: 0, max: 69 },
};

export const X265_PARAMETERS: ParameterRules = {
  keyint: { min: 1, max: 1000 },
  'min-keyint': { min: 1, max: 1000 },
  scenecut: { min: 0, max: 100 },
  bframes: { min: 0, max: 16 },
  ref: { min: 1, max: 16 },
  'rc-lookahead': { min: 1, max: 250 },
  'aq-mode': { min: 0, max: 4 },
  crf: { min: 0, max: 51 },
  'open-gop': { min: 0, max: 1 },
  'vbv-maxrate': { min: 0, max: 400_000 },
  'vbv-bufsize': { min: 0, max: 800_000 },
  'repeat-headers': { min: 0, max: 1 },
  'log-level': ['none', 'error', 'warning'],
};

export const SVTAV1_PARAMETERS: ParameterRules = {
  tune: { min: 0, max: 2 },
  'film-grain': { min: 0, max: 50 },
  'film-grain-denoise': { min: 0, max: 1 },
  scd: { min: 0, max: 1 },
  'enable-overlays': { min: 0, max: 1 },
  'fast-decode': { min: 0, max: 2 },
  keyint: { min: -1, max: 1000 },
  'tile-columns': { min: 0, max: 4 },
  'tile-rows': { min: 0, max: 6 },
  'enable-qm': { min: 0, max: 1 },
  lookahead: { min: -1, max: 120 },
};
