/**
 * Limits of a complete request, in addition to the limits of its fields. The largest of the 120 requests in `test/media/wild` uses less
 * than a fifth of each limit. A test enforces this. Together the limits bound the time for reading, planning and drawing: the most
 * expensive known request within them takes 0.4 s of a thread on a busy machine.
 */
export const REQUEST_BUDGET = {
  /** Options of the output and of all inputs together. */
  options: { most: 300, noun: 'options' },
  /** Filter graphs: `-vf`, `-af`, `-filter_complex`, and `filters` as one graph. */
  graphs: { most: 32, noun: 'filter graphs' },
  filters: { most: 600, noun: 'filters' },
  /** Numbers, names, operators and calls of all expressions. */
  expressionParts: { most: 5000, noun: 'parts of expressions' },
  /** The options `@text-overlay`, `@captions` and `@quote-card`. */
  overlays: { most: 50, noun: 'overlays' },
  /** UTF-16 units of all arguments and graphs. */
  characters: { most: 100_000, noun: 'characters of options and filters' },
} as const;

export type BudgetName = keyof typeof REQUEST_BUDGET;

/**
 * Maximum number of values of a JSON body: strings, numbers, arrays and objects. 300 options and 8 KiB of metadata that consists only of
 * digits have 5,000 values.
 */
export const MAX_BODY_VALUES = 5_000;

/** Maximum nesting of arrays and objects in a JSON body. */
export const MAX_BODY_DEPTH = 64;

/** Maximum number of unknown fields that a response names. Further unknown fields are only counted. */
export const MAX_UNKNOWN_FIELDS = 50;
