import type { Quality } from '../../../contract/formats.ts';
import { copiedAudioRate } from '../../policy/encoders/copy-limits.ts';
import type { AudioStream, StreamPackets } from '../../types.ts';
import { timesFault } from './copy-times.ts';

/** Sample rates in hertz that every player supports. */
const RATES: readonly number[] = [16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/** Returns why a preset must encode the audio; null = a copy satisfies the preset. */
export function audioFault(stream: AudioStream, packets: StreamPackets | null, quality: Quality): string | null {
  if (stream.codec !== 'aac' || packets?.codec !== 'aac') return 'The audio is not AAC.';
  if (stream.profile !== 'LC') return 'The audio has a profile that not all players read.';
  if (stream.channels !== 1 && stream.channels !== 2) return 'The audio is neither mono nor stereo.';
  if (!RATES.includes(stream.sampleRate)) return 'The audio has a rare sample rate.';
  const fault = timesFault(packets, 'audio');
  if (fault) return fault;
  const bits = (packets.bytes * 8) / packets.seconds;
  return bits <= copiedAudioRate(quality, stream.channels)
    ? null
    : 'The bit rate of the audio is higher than the quality needs.';
}
