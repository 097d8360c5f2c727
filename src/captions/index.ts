export { DEFAULT_MAX_LINE, layoutCaptions } from './layout.ts';
export { type CaptionFault, MAX_CAPTION_BYTES, MAX_CUES, type ParsedCaptions, parseCaptions } from './parse.ts';
export type { Cue, Word } from './types.ts';
export { joinWords, type SpokenSegment, writeJson, writeSrt, writeVtt } from './write.ts';
