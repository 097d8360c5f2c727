import { type MediaInfo, parseProbe, probeArgs } from '../../src/ffmpeg/index.ts';
import { run } from '../../testkit/run.ts';

/** Returns what the worker would learn about a file from ffprobe; null if ffprobe fails. */
export async function probed(path: string, demuxer: string, sizeBytes: number): Promise<MediaInfo | null> {
  try {
    const { stdout } = await run('ffprobe', probeArgs({ path, demuxer }), { maxBuffer: 2 ** 24 });
    return parseProbe(stdout, { sizeBytes, demuxer });
  } catch {
    return null;
  }
}

/** Allowed differences. FFmpeg approximates fractions with terms beyond 31 bits, and rounds halves of microseconds to even. */
const TOLERANCE: Readonly<Record<string, number>> = { frameRate: 1e-8, durationSeconds: 1.1e-6 };

/**
 * Returns the facts that the readers state differently from ffprobe. For the readers, the bit rate of a complete file is the bit rate of
 * the original, so it is compared only if ffprobe has read the original.
 */
export function differences(info: MediaInfo, probe: MediaInfo | null, isOriginal: boolean): string[] {
  // The readers do not read the code books of Vorbis. FFmpeg finds damage in them when it transcodes the file.
  if (!probe) return info.audio.some(({ codec }) => codec === 'vorbis') ? [] : ['ffprobe cannot read it'];
  const found: string[] = [];
  const compare = (path: string, name: string, ours: unknown, theirs: unknown): void => {
    // The readers read the times and sizes of all frames. ffprobe reads only the first frames.
    if (name === 'nominalRate' || name === 'hasConstantRate' || name === 'mayChangeSize') return;
    if (name === 'durationSeconds' && theirs === null && path.startsWith('.video.')) return;
    // ffprobe does not report numbers of a matrix that have no name.
    if (name === 'colorSpace' && ours === 'reserved' && theirs === null) return;
    if (typeof ours === 'object' && typeof theirs === 'object' && ours !== null && theirs !== null) {
      for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
        compare(`${path}.${key}`, key, (ours as never)[key], (theirs as never)[key]);
      }
    } else if (ours !== theirs && !(path === '.bitRate' && !isOriginal) && !isDoubled(info, probe, name)) {
      const isNear = typeof ours === 'number' && typeof theirs === 'number';
      if (isNear && Math.abs(ours - theirs) <= (TOLERANCE[name] ?? 0) * Math.max(1, ours)) return;
      found.push(`${path} is ${ours}, but ffprobe says ${theirs}`);
    }
  };
  compare('', '', info, probe);
  return found;
}

/**
 * Returns whether ffprobe reports twice the sampling rate of AAC. The readers do not decode AAC. After damage in the first frame, FFmpeg
 * may find that the rate, or the number of channels, is doubled. No job depends on these values.
 */
function isDoubled(info: MediaInfo, probe: MediaInfo, name: string): boolean {
  if (info.demuxer !== 'aac' || (name !== 'sampleRate' && name !== 'channels')) return false;
  const [ours, theirs] = [info.audio[0]!, probe.audio[0]!];
  return theirs.sampleRate === 2 * ours.sampleRate && [ours.channels, 2 * ours.channels].includes(theirs.channels);
}
