import { statSync } from 'node:fs';
import { findProgram } from '../host/commands.ts';
import { packageVersion } from '../host/preflight.ts';
import { ffmpeg } from '../programs/ffmpeg.ts';

const DPKG_STATUS = '/var/lib/dpkg/status';

let known: { stamp: number; version: Promise<string | null> } | null = null;

/**
 * Returns the version of the installed FFmpeg package, or null if FFmpeg does not come from a package. Asks dpkg again when its database
 * changes.
 */
export function installedFfmpeg(): Promise<string | null> {
  if (findProgram('ffmpeg') !== ffmpeg.debian!.path) return Promise.resolve(null);
  const stamp = statSync(DPKG_STATUS, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (known?.stamp !== stamp) known = { stamp, version: packageVersion('ffmpeg') };
  return known.version;
}
