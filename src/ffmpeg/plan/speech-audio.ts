import { timeText } from '../policy/options/option-values.ts';
import { inputSecurityArgs } from '../probe/probe.ts';
import type { MediaInfo } from '../types.ts';
import { globalArgs } from './plan-args.ts';
import { mainAudio } from './streams.ts';
import { lateStartArgs } from './time/late-start.ts';

/** Demuxers that find a time exactly, by an index or by computing its position. In other files, a seek may be wrong by seconds. */
const EXACT_SEEK: ReadonlySet<string> = new Set(['mov', 'matroska', 'wav', 'flac']);

export interface SpeechSource {
  /** Path in the cell. */
  path: string;
  demuxer: string;
  info: Pick<MediaInfo, 'video' | 'audio' | 'programs'>;
  /** The part of the audio, in seconds; absent = the entire audio. */
  part?: { from: number; to: number };
}

/**
 * Returns arguments for FFmpeg to decode the main audio stream, or a part of it, into signed 16-bit samples at 16 kHz in one channel. Gaps
 * between timestamps become silence, so that the samples keep the times of the media. Returns null if there is no audio.
 */
export function speechAudioArgs({ path, demuxer, info, part }: SpeechSource, output: string): string[] | null {
  const stream = mainAudio(info);
  if (!stream) return null;
  const seeks = part !== undefined && EXACT_SEEK.has(demuxer);
  const steady = 'aresample=16000:async=1:first_pts=0';
  const trim = part && !seeks ? `,atrim=start=${part.from}:end=${part.to}` : '';
  const limit = part && seeks ? ['-ss', timeText(part.from), '-t', timeText(part.to - part.from)] : [];
  return [
    ...globalArgs(1),
    ...limit,
    ...lateStartArgs([stream]),
    ...inputSecurityArgs(demuxer, path),
    ...['-i', path, '-map', `0:${stream.index}`, '-map_metadata', '-1', '-af', `${steady}${trim}`],
    ...['-ac', '1', '-ar', '16000', '-c:a', 'pcm_s16le', '-f', 's16le', output],
  ];
}
