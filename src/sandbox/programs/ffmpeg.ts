import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from '../../config/config-error.ts';
import { explainFailure } from '../../ffmpeg/run/failure-text.ts';
import { ProgressReader } from '../../ffmpeg/run/progress.ts';
import { required } from '../host/preflight.ts';
import { UNUSED_LIBRARIES } from './ffmpeg-libraries.ts';
import { FONTS_CONF, FONTS_CONF_PATH } from './fonts-conf.ts';
import type { Program } from './program.ts';

/**
 * Default location of the trimmed FFmpeg from `deploy/ffmpeg/build.sh`. Airlock prefers this FFmpeg to every FFmpeg but the configured one.
 */
const TRIMMED = '/opt/airlock/ffmpeg/bin/ffmpeg';

const libraries = { unused: UNUSED_LIBRARIES };

export const ffmpeg: Program = {
  name: 'ffmpeg',
  find(configured) {
    const path = configured ?? operatorsBuild() ?? required('ffmpeg', 'ffmpeg');
    if (isProgram(path)) return path;
    throw new ConfigError(
      'AIRLOCK_FFMPEG',
      `${path} ${isFile(path) ? 'is not executable' : 'does not exist'}`,
      'Correct the path, or remove the variable to use the FFmpeg of the system',
    );
  },
  libraries,
  files: [
    { folder: '/usr/share/fonts', match: /\.(?:ttf|otf|ttc|otc|pfb|pcf(?:\.gz)?)$/i },
    { to: FONTS_CONF_PATH, text: FONTS_CONF },
  ],
  filter: 'media',
  // Muxers of Matroska, WebM and Ogg need random numbers. Without the device, FFmpeg spends 80 ms of CPU time to get random numbers
  // (docs/decisions/0066-one-device.md).
  usesRandomDevice: true,
  version: { args: ['-version'], line: /^ffmpeg version/ },
  debian: { package: 'ffmpeg', path: '/usr/bin/ffmpeg' },
  // An FFmpeg older than 7 treats `/metadata` as the name of an option.
  hiding: { args: ['-hide_banner', '-/metadata', '/in/none'], unsupported: 'Unrecognized option' },
  explain: (end) => explainFailure(end),
  progress: (onReport) => new ProgressReader(onReport),
};

export const ffprobe: Program = {
  name: 'ffprobe',
  find(configured, { ffmpeg: other }) {
    if (configured !== undefined) return configured;
    const alongside = join(dirname(other!), 'ffprobe');
    return isFile(alongside) ? alongside : required('ffprobe', 'ffmpeg');
  },
  libraries,
  files: [],
  filter: 'media',
  version: { args: ['-version'], line: /^ffprobe version/ },
  debian: { package: 'ffmpeg', path: '/usr/bin/ffprobe' },
  hiding: null,
  // ffprobe only reads, so every failure is caused by the input.
  explain: (end) => explainFailure({ ...end, stage: 'probe' }),
  progress: null,
};

/**
 * Returns the path of the operator's trimmed build, or null. Accepts only a file that root owns and only root can write. Otherwise, another
 * account could choose the program that cells run.
 */
export function operatorsBuild(): string | null {
  const stats = statSync(TRIMMED, { throwIfNoEntry: false });
  return stats?.isFile() && stats.uid === 0 && (stats.mode & 0o022) === 0 ? TRIMMED : null;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isProgram(path: string): boolean {
  return isFile(path) && (statSync(path).mode & 0o111) !== 0;
}
