export { correctTargets, type MeasuredFile, warnOfMissed } from './check-targets.ts';
export {
  demuxerOf,
  figuresName,
  measureArgs,
  type Sample,
  sampleArgs,
} from './compare-args.ts';
export { comparedFile } from './compared-file.ts';
export { chooseSamples } from './samples.ts';
export { chooseCrf, closerCrfs, nextCrfs, type Point, type Sampled } from './search-crf.ts';
export { withCrf } from './with-crf.ts';
