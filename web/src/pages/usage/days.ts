/** Width of a day's name in pixels. */
const NAME_WIDTH = 56;

export interface Day {
  day: string;
  jobs: number;
  minutes: number;
}

/** Returns every day of the month. Days without jobs, such as days in the future, have zero jobs and zero minutes. */
export function fillMonth(month: string, days: readonly Day[]): Day[] {
  const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).getUTCDate();
  return Array.from({ length: last }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`).map(
    (day) => days.find((one) => one.day === day) ?? { day, jobs: 0, minutes: 0 },
  );
}

/** Returns the days whose names fit next to each other: every second day, for example, from the first day on. */
export function namedDays<T>(days: readonly T[], width: number): T[] {
  const step = Math.max(1, Math.ceil((days.length * NAME_WIDTH) / width));
  return days.filter((_, index) => index % step === 0);
}
