/** One line of the table. */
export interface Row {
  case: string;
  what: string;
  /** A text that is shown unchanged, with its unit. */
  value: string;
  /** Smallest and largest value, if the value summarizes several values. */
  range?: string;
  /** The target, e.g. `<= 1.03`. If absent, the value is only reported. */
  target?: string;
  met?: boolean;
}

export interface CaseResult {
  rows: Row[];
  /** All measurements, for `--json`. */
  raw: Record<string, unknown>;
  /** Deviations from the default, e.g. a synthetic source. */
  notes?: string[];
}

export interface CaseOptions {
  /** Number of pairs of the long comparison. Other comparisons use a multiple. */
  pairs: number;
  /** Address of the API of another service with the same contract. Null if there is no comparison. */
  peer: string | null;
  /**
   * Words that the name of an attack of the case `routes` must contain, or names of sections of the case `recommended`. If empty, all of
   * them run.
   */
  only: readonly string[];
  /** Whether short cases measure the first jobs after a start of the service. */
  cold: boolean;
  /** Milliseconds that short cases pause before each job. */
  gapMs: number;
  progress: (text: string) => void;
  /** Prints a line of a long case immediately, to standard error. */
  report: (line: string) => void;
}

/** Returns a row of numbers whose target, if any, is an upper bound. */
export function bounded(
  row: Pick<Row, 'case' | 'what'>,
  values: { value: number; min?: number; max?: number },
  bound: number | null,
  unit: string,
  digits = 1,
): Row {
  // `toFixed` writes "-0" for a small negative number.
  const show = (value: number) => `${value.toFixed(digits).replace(/^-(?=[0.]*$)/, '')}${unit && ` ${unit}`}`;
  const { value, min, max } = values;
  return {
    ...row,
    value: show(value),
    ...(min !== undefined && max !== undefined && { range: `${min.toFixed(digits)}–${max.toFixed(digits)}` }),
    ...(bound !== null && { target: `<= ${bound}${unit && ` ${unit}`}`, met: value <= bound }),
  };
}

/** Returns the row with a target that is a lower bound of `value`. */
export function atLeast(row: Row, value: number, bound: number): Row {
  return { ...row, target: `>= ${bound}`, met: value >= bound };
}
