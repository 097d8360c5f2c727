/** Allowed values of an encoder parameter: a range of numbers, a list of words, or a small grammar. */
export type ParameterRule = { min: number; max: number } | { pattern: RegExp; hint: string } | readonly string[];
export type ParameterRules = Readonly<Record<string, ParameterRule>>;

export const SWITCH = { min: 0, max: 1 };
export const range = (min: number, max: number) => ({ min, max });
export const PRIMARIES = 'bt709 bt470m bt470bg smpte170m smpte240m film bt2020 smpte431 smpte432'.split(' ');
export const TRANSFERS =
  'bt709 bt470m bt470bg smpte170m smpte240m linear iec61966-2-1 bt2020-10 bt2020-12 smpte2084 arib-std-b67'.split(' ');
export const MATRICES = 'gbr bt709 fcc bt470bg smpte170m smpte240m bt2020nc bt2020c'.split(' ');
export const DEBLOCK = { pattern: /^-?[0-6](,-?[0-6])?$/, hint: 'ALPHA,BETA, each from -6 to 6' };
export const SAMPLE_ASPECT = { pattern: /^\d{1,5}\/\d{1,5}$/, hint: 'a fraction such as 1/1' };
export const LIGHT = { pattern: /^\d{1,5},\d{1,5}$/, hint: 'MAXCLL,MAXFALL such as 1000,400' };
export const MASTERING = {
  pattern: /^G\(\d{1,5},\d{1,5}\)B\(\d{1,5},\d{1,5}\)R\(\d{1,5},\d{1,5}\)WP\(\d{1,5},\d{1,5}\)L\(\d{1,9},\d{1,9}\)$/,
  hint: 'G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)',
};
export const OVERSCAN = ['undef', 'show', 'crop'];
export const VIDEO_FORMATS = ['component', 'pal', 'ntsc', 'secam', 'mac', 'undef'];
export const PSY = { pattern: /^\d{1,2}(\.\d{1,4})?(,\d{1,2}(\.\d{1,4})?)?$/, hint: 'RD,TRELLIS such as 1.0,0.15' };
