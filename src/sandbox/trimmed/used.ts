import { operatorsBuild } from '../programs/ffmpeg.ts';
import { isOutdated } from './decide.ts';
import { installedFfmpeg } from './installed.ts';
import { activeTrimmed, readTrimmed } from './store.ts';

/**
 * Returns the path of the trimmed build that a worker's new cells use, or null if they use the distribution's or the operator's
 * FFmpeg. Changes nothing, so commands that report can call it while a worker runs.
 */
export async function usedTrimmed({ dataDir, isOn }: { dataDir: string; isOn: boolean }): Promise<string | null> {
  if (!isOn || operatorsBuild() !== null) return null;
  const { active } = readTrimmed(dataDir);
  if (!active || isOutdated(active.source, await installedFfmpeg())) return null;
  return activeTrimmed(dataDir);
}
