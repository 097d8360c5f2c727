import type { Kind } from '../kind.ts';
import { admitTranscode, type TranscodeSubmission } from './admit.ts';

/** Transcodes media into one file, with FFmpeg in a cell. */
export const transcode: Kind<TranscodeSubmission> = {
  name: 'transcode',
  events: 'transcode',
  admit: admitTranscode,
  load: async () => (await import('./execute.ts')).executeTranscode,
};
