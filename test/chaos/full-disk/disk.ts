import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { transcode, upload } from '../../../testkit/media.ts';
import { run } from '../../../testkit/run.ts';
import type { TestService } from '../../../testkit/service.ts';

export const MB = 1e6;
export const RESERVE_MB = 100;

/** The small disk, which contains the data directory. */
export interface Disk {
  freeMb(): Promise<number>;
  /** Writes a file, so that this number of megabytes stays free. */
  fillUntil(leftMb: number, name: string): Promise<void>;
  /** Records the lowest free space. `stop` returns it in megabytes. */
  watch(): { stop(): number };
}

export function openDisk(folder: string): Disk {
  const freeMb = async () => {
    const { bavail, bsize } = await statfs(folder);
    return Math.round((bavail * bsize) / MB);
  };
  return {
    freeMb,
    async fillUntil(leftMb, name) {
      const rest = (await freeMb()) - leftMb;
      if (rest > 0) await run('fallocate', ['--length', String(rest * MB), join(folder, name)]);
    },
    watch() {
      let lowest = Number.POSITIVE_INFINITY;
      const timer = setInterval(async () => {
        lowest = Math.min(lowest, await freeMb());
      }, 50);
      return {
        stop() {
          clearInterval(timer);
          return lowest;
        },
      };
    },
  };
}

/** Uploads a clip and transcodes it. Returns the status of the job, the code of its error, or the message of a rejection. */
export async function work(service: TestService, clip: string): Promise<string> {
  return upload(service, clip)
    .then(({ fileUrl }) => transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp4' }))
    .then(({ status, error_code }) => error_code ?? status)
    .catch((error: Error) => error.message.slice(0, 200));
}
