export { asksForCopy } from './plan/copy/container-copy.ts';
export { mayCopy } from './plan/copy/plan-copies.ts';
export { isBrief } from './plan/expected-cost.ts';
export {
  FIELD_PLACES,
  FIELD_WIDTH,
  fieldSampleArgs,
  fieldSampleBytes,
  isCheaplySampled,
  suspectedFields,
} from './plan/field-samples.ts';
export { SHORT_SIDES } from './plan/geometry.ts';
export { withMixedFields } from './plan/interlacing.ts';
export { rungRates, rungSampleArgs, rungSampleName, rungSampleTimes } from './plan/ladder/sample-rungs.ts';
export { checkOutput } from './plan/output-check.ts';
export { CANDIDATE_SIZE, candidateArgs, shownVideo } from './plan/pictures/plan-still.ts';
export { bestCandidates } from './plan/pictures/still-time.ts';
export { planJob, planTranscode } from './plan/plan.ts';
export { type Preview, previewJob } from './plan/preview.ts';
export * from './plan/quality/index.ts';
export { estimateJobClass, estimateResourceClass } from './plan/resource-class.ts';
export { type SpeechSource, speechAudioArgs } from './plan/speech-audio.ts';
export { type ExpectedJoin, joinedFault } from './plan/split/check-joined.ts';
export { cutVideo, MIN_PIECE_SECONDS } from './plan/split/cut.ts';
export { cutLadder } from './plan/split/cut-ladder.ts';
export { averageRate, constantRate, keptTimes, secondsOf } from './plan/split/frame-rate.ts';
export { withThreads } from './plan/split/read-arguments.ts';
export { type SplitCommand, splitCommand } from './plan/split/split-command.ts';
export { type SplitLadder, splitLadder } from './plan/split/split-ladder.ts';
export type * from './plan/split/types.ts';
export { mainAudio, mainVideo } from './plan/streams.ts';
export { withDuration, withTimings } from './plan/time/frame-timing.ts';
export { motionRate } from './plan/time/output-rate.ts';
export {
  type CommandError,
  type CommandRequest,
  type CommandResult,
  type OptionPosition,
  readCommand,
} from './policy/commands/index.ts';
export { ENCODERS } from './policy/encoders/encoders.ts';
export { namedFonts } from './policy/options/named-fonts.ts';
export { describeRule } from './policy/options/option-grammars.ts';
export { OPTION_TABLE, type OptionRow } from './policy/options/option-table.ts';
export { describeValue, type OptionValue } from './policy/options/option-values.ts';
export { parseJob } from './policy/options/parse-job.ts';
export { checkOptions, parseRequest, textLength } from './policy/options/parse-request.ts';
export type * from './policy/options/parsed-request.ts';
export { ASSET_BYTES, type AssetContent, checkFont, checkLut, checkSubtitles } from './probe/asset-content.ts';
export { withSizes } from './probe/display-size.ts';
export { checkInput, INPUT_LIMITS, SUBTITLE_DEMUXERS } from './probe/input-limits.ts';
export { parseProbe, probeArgs, STANDARD_INPUT, withFields } from './probe/probe.ts';
export { contentTypeMatches, detectMedia } from './probe/signature.ts';
export { type StillPicture, stillArgs, type Turn, uprightArgs, withTurns } from './probe/still.ts';
export { unsupportedKind, unsupportedReason } from './probe/unsupported.ts';
export { type Review, reviewRequest } from './review.ts';
export { compareFields, type FieldVerdict } from './run/compare-fields.ts';
export { type CellBudget, type EffectiveLimits, effectiveLimits, withHit } from './run/effective-limits.ts';
export { type Explanation, explainFailure, type ProgramEnd } from './run/failure-text.ts';
export { emptyFailure, warnOfLoss, warnOfMissingEnd } from './run/lost-media.ts';
export { ProgressReader, type ProgressReport } from './run/progress.ts';
export { FigureList } from './run/quality-figures.ts';
export { argsAfterRestart } from './run/repeated-start.ts';
export { scoreStill } from './run/score-still.ts';
export { trackProgress } from './run/track-progress.ts';
export type * from './types.ts';
