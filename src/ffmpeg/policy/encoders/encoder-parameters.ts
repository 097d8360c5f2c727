/**
 * Keys of `x264-params` and similar options that may be set. Other keys name files that the encoder reads or writes (`stats`, `cqmfile`,
 * `qpfile`, `csv`, `fgs-table` …), or set threads, which the server chooses.
 */

export type { ParameterRule, ParameterRules } from './parameter-rules.ts';
export { SVTAV1_PARAMETERS } from './svtav1-parameters.ts';
export { X264_PARAMETERS } from './x264-parameters.ts';
export { X265_PARAMETERS } from './x265-parameters.ts';
