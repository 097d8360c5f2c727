/**
 * CPU seconds of a filter per second of 1080p30. The values are generous, because they set the limit at which a job is killed, not its
 * expected cost. They are high estimates for the expensive filters, not measurements. All other filters are cheap.
 */
const FILTER_COST: Readonly<Record<string, number>> = {
  minterpolate: 240,
  nlmeans: 120,
  vaguedenoiser: 40,
  fftdnoiz: 60,
  owdenoise: 60,
  geq: 120,
  v360: 20,
  perspective: 20,
  rotate: 15,
  zoompan: 15,
  deshake: 40,
  yadif: 4,
  bwdif: 6,
  w3fdif: 10,
  estdif: 10,
  hqdn3d: 4,
  tonemap: 10,
  zscale: 8,
  median: 20,
  boxblur: 6,
  gblur: 6,
  avgblur: 4,
  unsharp: 8,
  smartblur: 10,
  xfade: 8,
  subtitles: 4,
  ass: 4,
  paletteuse: 20,
  lut3d: 5,
  convolution: 10,
  mpdecimate: 4,
  photosensitivity: 10,
  tmix: 8,
  framerate: 6,
  blend: 8,
  spp: 120,
  pp7: 60,
  bilateral: 20,
  cas: 4,
};
const CHEAP = 1.5;

export function filterCost(name: string): number {
  return FILTER_COST[name] ?? CHEAP;
}
