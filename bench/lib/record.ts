import type { Machine } from './machine.ts';
import type { CaseResult, Row } from './result.ts';

/** A run of the bench, and the code that it measured. */
export interface Run {
  /** Short name of the commit, with `+` if the work tree had changes outside `docs/`. */
  commit: string;
  /** UTC, `YYYY-MM-DD`. */
  date: string;
  pairs: number;
  machine: Omit<Machine, 'load'>;
}

export interface RecordedRow extends Omit<Row, 'case'> {
  /** The run that measured the row, if a later run measured only other rows of the case. */
  run?: Run;
}

interface RecordedCase extends Run {
  /** Deviations from the default, e.g. a synthetic source. */
  notes?: string[];
  rows: RecordedRow[];
}

/** The contents of `docs/benchmarks.json`. */
export interface Recorded {
  cases: Record<string, RecordedCase>;
}

/**
 * Replaces the entry of a case, and keeps all other entries. Cases are in alphabetical order.
 *
 * @param isPart whether only a part of the case ran. Rows that it did not measure are then kept, with their own run.
 */
export function recordCase(
  recorded: Recorded,
  name: string,
  { run, result, isPart }: { run: Run; result: CaseResult; isPart: boolean },
): Recorded {
  const before = isPart ? recorded.cases[name] : undefined;
  const kept = before?.rows.map((row): RecordedRow => ({ ...row, run: row.run ?? runOf(before) })) ?? [];
  const measured = result.rows.map(({ case: _, ...row }): RecordedRow => row);
  const rows = new Map([...kept, ...measured].map((row) => [row.what, row]));
  const entry: RecordedCase = { ...run, notes: result.notes, rows: [...rows.values()] };
  const cases = Object.entries({ ...recorded.cases, [name]: entry });
  return { cases: Object.fromEntries(cases.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

export function runOf({ commit, date, pairs, machine }: Run): Run {
  return { commit, date, pairs, machine };
}
