import {
  DEFAULT_MAX_LINE,
  layoutCaptions,
  type SpokenSegment,
  writeJson,
  writeSrt,
  writeVtt,
} from '../../captions/index.ts';
import type { TranscriptFormat } from '../../contract/transcriptions.ts';
import type { TranscriptionRequest } from './transcription-request.ts';

/** The words of media. */
export interface Transcript {
  /** Null if the media contains no speech, or if the language is unknown. */
  language: string | null;
  segments: readonly SpokenSegment[];
  /** Duration of the media. */
  durationSeconds: number;
}

/** The layout of captions in the outputs of other jobs. */
export const CAPTION_LAYOUT = { task: 'transcribe', words: false, maxLine: DEFAULT_MAX_LINE } as const;

export const TRANSCRIPT_TYPES: Readonly<Record<TranscriptFormat, string>> = {
  srt: 'application/x-subrip',
  vtt: 'text/vtt',
  json: 'application/json',
};

/** Writes the text of an output. Captions of media without speech contain no cues. */
export function writeTranscript(
  format: TranscriptFormat,
  { language, segments, durationSeconds }: Transcript,
  { task, words, maxLine }: Pick<TranscriptionRequest, 'task' | 'words' | 'maxLine'>,
): string {
  if (format === 'json') return writeJson({ language, task, durationSeconds, segments, words });
  const cues = layoutCaptions(
    segments.flatMap((segment) => segment.words),
    { maxLine },
  );
  return format === 'srt' ? writeSrt(cues) : writeVtt(cues);
}

/** Returns the language with the most words, or null if no language is known. */
export function mainLanguage(parts: readonly Pick<Transcript, 'language' | 'segments'>[]): string | null {
  const spoken = new Map<string, number>();
  for (const { language, segments } of parts) {
    if (language === null || segments.length === 0) continue;
    const words = segments.reduce((sum, segment) => sum + segment.words.length, 0);
    spoken.set(language, (spoken.get(language) ?? 0) + words);
  }
  return [...spoken].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}
