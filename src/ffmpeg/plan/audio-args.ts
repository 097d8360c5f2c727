import type { OutputFormat, Quality } from '../../contract/formats.ts';
import { audioSettings, LOSSLESS_AUDIO } from '../policy/encoders/encoder-settings.ts';
import { FORMAT_DEFAULTS } from '../policy/encoders/encoders.ts';
import type { OptionSet } from '../policy/options/option-set.ts';
import type { Selection } from './plan-streams.ts';

export function defaultAudioEncoder(format: OutputFormat, selection: Selection): string | null {
  if (format === 'wav' && (selection.audio?.stream.bitDepth ?? 0) > 16) return 'pcm_s24le';
  return FORMAT_DEFAULTS[format].audio;
}

/** Returns the audio encoder arguments for the settings that the caller did not set. */
export function audioArgs(
  encoder: string,
  selection: Selection,
  options: OptionSet,
  quality: Quality,
  raw: boolean,
): string[] {
  if (encoder === 'copy') return [];
  const source = selection.audio?.stream ?? null;
  const args: string[] = [];
  if (!options.has('b', 'a') && !options.has('q', 'a')) args.push(...audioSettings(encoder, quality, source));
  const stated = options.has('ac', 'a') || options.has('channel_layout', 'a');
  const lossless = LOSSLESS_AUDIO.includes(encoder);
  // Every player supports stereo, and libopus rejects some surround layouts.
  const downMix = (source?.channels ?? 0) > 2 && !lossless && (!raw || encoder === 'libopus');
  if (downMix && !stated) args.push('-ac', '2');
  if (encoder === 'flac' && !options.has('sample_fmt', 'a')) {
    args.push('-sample_fmt', (source?.bitDepth ?? 16) > 16 ? 's32' : 's16');
  }
  return args;
}

export function languageArgs(selection: Selection, options: OptionSet): string[] {
  const language = selection.audio?.stream.language;
  if (!language || selection.mapped || options.has('an')) return [];
  return ['-metadata:s:a:0', `language=${language}`];
}
