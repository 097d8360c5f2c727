/** Frames per second as a fraction. */
export interface FrameRate {
  num: number;
  den: number;
}

/** Frame rates of cameras, films and screens up to the maximum of presets. */
export const USUAL_RATES: readonly FrameRate[] = [
  { num: 24000, den: 1001 },
  { num: 24, den: 1 },
  { num: 25, den: 1 },
  { num: 30000, den: 1001 },
  { num: 30, den: 1 },
  { num: 48, den: 1 },
  { num: 50, den: 1 },
  { num: 60000, den: 1001 },
  { num: 60, den: 1 },
];

/** Frame rates that are less common: of webcams and animations, and of slow motion. */
const OTHER_RATES: readonly number[] = [5, 6, 8, 10, 12, 12.5, 15000 / 1001, 15, 20, 100, 120000 / 1001, 120, 240];

const RATES: readonly number[] = [...USUAL_RATES.map(({ num, den }) => num / den), ...OTHER_RATES];

/** Returns the known rate nearest to a rate; null if their relative difference exceeds the tolerance. */
export function nearestRate(rate: number, tolerance: number): number | null {
  const best = RATES.reduce((near, next) => (Math.abs(next - rate) < Math.abs(near - rate) ? next : near));
  return Math.abs(best / rate - 1) <= tolerance ? best : null;
}
