/** Pixels that the name of a day needs. */
const NAME_WIDTH = 56;

export interface Day {
  day: string;
  jobs: number;
  minutes: number;
}

/** Every day of the month. Days without jobs and days in the future have no jobs. */
export function fillMonth(month: string, days: readonly Day[]): Day[] {
  const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).getUTCDate();
  return Array.from({ length: last }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`).map(
    (day) => days.find((one) => one.day === day) ?? { day, jobs: 0, minutes: 0 },
  );
}

/** The days whose names fit next to each other, starting with the first day. */
export function namedDays<T>(days: readonly T[], width: number): T[] {
  const step = Math.max(1, Math.ceil((days.length * NAME_WIDTH) / width));
  return days.filter((_, index) => index % step === 0);
}
