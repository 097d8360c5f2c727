/**
 * Limits of a whole request, besides those of its fields. The largest of the 120 requests in `test/media/wild` stays
 * below a fifth of each; a test keeps it so. Together they bound the time that reading, planning and drawing can take:
 * the costliest request that was found to fit takes 0.4 s of a thread on a busy machine.
 */
export const REQUEST_BUDGET = {
  /** Options of the output and of all inputs together. */
  options: { most: 300, noun: 'options' },
  /** Filter graphs: `-vf`, `-af`, `-filter_complex`, and `filters` as one. */
  graphs: { most: 32, noun: 'filter graphs' },
  filters: { most: 600, noun: 'filters' },
  /** Numbers, names, operators and calls of all expressions. */
  expressionParts: { most: 5000, noun: 'parts of expressions' },
  /** `@text-overlay` and `@quote-card`. */
  overlays: { most: 50, noun: 'overlays' },
  /** UTF-16 units of all arguments and graphs. */
  characters: { most: 100_000, noun: 'characters of options and filters' },
} as const;

export type BudgetName = keyof typeof REQUEST_BUDGET;

/**
 * Values of a JSON body: texts, numbers, lists and objects. 300 options and 8 KiB of metadata made of nothing but digits
 * have 5,000.
 */
export const MAX_BODY_VALUES = 5_000;

/** Levels of lists and objects within each other in a JSON body. */
export const MAX_BODY_DEPTH = 64;

/** Unknown fields that an answer names; the rest is counted. */
export const MAX_UNKNOWN_FIELDS = 50;
