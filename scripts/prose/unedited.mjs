/** Pages that the rules of prose do not cover yet. A page that is edited leaves the list. */
export const UNEDITED = new Set([
  'docs/benchmarks-log.md',
]);

/** Pages that keep their wording: records of decisions. */
export const RECORDS = /^docs\/decisions\//;
