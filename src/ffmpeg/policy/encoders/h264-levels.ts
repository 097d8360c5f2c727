/** Level multiplied by 10, maximum macroblocks per second, and maximum macroblocks per frame (ITU-T H.264, table A-1). */
const LEVELS: readonly (readonly [level: number, perSecond: number, perFrame: number])[] = [
  [10, 1485, 99],
  [11, 3000, 396],
  [12, 6000, 396],
  [13, 11_880, 396],
  [20, 11_880, 396],
  [21, 19_800, 792],
  [22, 20_250, 1620],
  [30, 40_500, 1620],
  [31, 108_000, 3600],
  [32, 216_000, 5120],
  [40, 245_760, 8192],
  [42, 522_240, 8704],
  [50, 589_824, 22_080],
  [51, 983_040, 36_864],
  [52, 2_073_600, 36_864],
  [60, 4_177_920, 139_264],
];

/** Returns the lowest level, multiplied by 10, for a frame size and rate; null = no level is high enough. */
export function lowestLevel(size: { width: number; height: number }, framesPerSecond: number): number | null {
  const perFrame = Math.ceil(size.width / 16) * Math.ceil(size.height / 16);
  // Allows a tolerance, because rates are averages and may be rounded.
  const perSecond = perFrame * framesPerSecond * 0.999;
  return LEVELS.find(([, second, frame]) => perSecond <= second && perFrame <= frame)?.[0] ?? null;
}
