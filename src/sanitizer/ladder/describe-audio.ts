import { readAac } from '../codecs/aac.ts';
import { unlessUnclear } from '../codecs/bits.ts';
import { decoderConfig } from '../isobmff/esds.ts';
import type { Track } from '../isobmff/movie.ts';
import { boxesOfEntry, byType } from '../isobmff/sample-entry.ts';
import { NotRewritable } from '../verdicts.ts';
import type { CutAudio } from './types.ts';

const LETTERS = [10, 5, 0] as const;

/** Returns the channels, the sample rate and the language of an AAC track. Throws `NotRewritable` for other tracks. */
export function describeAudio({ kind, entry, media }: Track): Pick<CutAudio, 'channels' | 'sampleRate' | 'language'> {
  const esds = byType(boxesOfEntry(kind, entry))?.get('esds');
  const config = esds && decoderConfig(esds).config;
  const sound = config && unlessUnclear(() => readAac(config));
  if (!sound) throw new NotRewritable('has audio that is not AAC');
  const { channels, sampleRate } = sound;
  return { channels, sampleRate, language: languageOf(media.language) };
}

/** Decodes a language of three letters with five bits each (ISO/IEC 14496-12, 8.4.2). */
function languageOf(code: number): string | null {
  const letters = LETTERS.map((shift) => String.fromCharCode(0x60 + ((code >> shift) & 31))).join('');
  return /^[a-z]{3}$/.test(letters) && letters !== 'und' ? letters : null;
}
