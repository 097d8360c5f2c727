import { parentPort } from 'node:worker_threads';
import { SandboxError } from '../sandbox-error.ts';
import { type BuildRequest, buildRootImage } from './build-image.ts';
import type { BuildResult } from './build-in-thread.ts';

/* Runs in the thread and builds one image. An unexpected error ends the thread. */

parentPort!.on('message', (request: BuildRequest) => {
  buildRootImage(request).then(
    (fingerprint) => send({ fingerprint }),
    (error: unknown) => {
      if (error instanceof SandboxError) return send({ problem: { reason: error.reason, remedy: error.remedy } });
      const { code, syscall, message } = error as NodeJS.ErrnoException;
      if (syscall === undefined) throw error;
      send({ fault: { code, message } });
    },
  );
});

function send(message: BuildResult): void {
  parentPort!.postMessage(message);
}
