import { ADTS, FilePathSource, FLAC, Input, type InputTrack, MP3, MPEG_TS, WAVE } from 'mediabunny';
import { checkLength, checkSize, rejectStreams } from './limits.ts';
import { Rejected } from './verdicts.ts';

/**
 * Checks the declarations of a file in memory-safe code, and rejects absurd values. Accepts a file that this reader cannot parse, because
 * its signature is known and the probe in the cell reads it. `seconds` is the duration if the file declares it wrongly.
 */
export async function checkFacts(path: string, seconds: number | null = null): Promise<void> {
  // An error between reads must not end the thread. The next read reports the error.
  const source = new FilePathSource(path, { maxCacheSize: 4 * 2 ** 20, handleUnhandledError: () => {} });
  const input = new Input({ formats: [MPEG_TS, MP3, ADTS, WAVE, FLAC], source });
  try {
    if (!(await input.canRead())) return;
    const tracks = await input.getTracks();
    rejectStreams(tracks.length);
    for (const track of tracks) await checkTrack(track);
    checkLength(seconds ?? (await input.getDurationFromMetadata()) ?? 0);
  } catch (error) {
    if (error instanceof Rejected) throw error;
  } finally {
    input.dispose();
  }
}

async function checkTrack(track: InputTrack): Promise<void> {
  if (track.isVideoTrack()) checkSize(await track.getCodedWidth(), await track.getCodedHeight());
}
