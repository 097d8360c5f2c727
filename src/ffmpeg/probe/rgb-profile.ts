import type { RgbProfile } from '../types.ts';

/** Returns the filters from RGB of a profile to sRGB. They need planar RGB, whose format is `format`. */
export function profileToSrgb({ toSrgb, transfer }: RgbProfile, format: string): string[] {
  const names = ['rr', 'rg', 'rb', 'gr', 'gg', 'gb', 'br', 'bg', 'bb'];
  const values = names.map((name, index) => `${name}=${toSrgb[index]!.toFixed(5)}`);
  return [
    `format=${format}`,
    `zscale=transferin=${transfer}:transfer=linear`,
    `format=${format.startsWith('gbrap') ? 'gbrapf32le' : 'gbrpf32le'}`,
    `colorchannelmixer=${values.join(':')}`,
    'zscale=transferin=linear:transfer=iec61966-2-1',
    `format=${format}`,
  ];
}
