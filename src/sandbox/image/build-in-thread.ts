import { TaskThread } from '../../threads/task-thread.ts';
import { threadEntry } from '../../threads/thread-entry.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { BuildRequest } from './build-image.ts';

const HEAP_MB = 128;
/** Maximum milliseconds of a build, which needs one or two seconds. */
const BUILD_MS = 120_000;

/** The result of the thread. `fault` is an error from the file system, such as a full disk. */
export type BuildResult =
  | { fingerprint: string }
  | { problem: { reason: string; remedy: string } }
  | { fault: { code: string | undefined; message: string } };

/**
 * Builds a root image in a separate thread, because the build reads 200 MB of libraries. When the thread exits, its memory returns to the
 * system, whereas the worker would keep memory of the main thread. Returns the image's fingerprint.
 */
export async function buildInThread(request: BuildRequest): Promise<string> {
  const entry = threadEntry('image-thread', new URL('./image-thread.ts', import.meta.url));
  const thread = new TaskThread<BuildRequest, BuildResult>(entry, { heapMb: HEAP_MB });
  try {
    const result = await thread.ask(request, BUILD_MS);
    if ('problem' in result) throw new SandboxError(result.problem.reason, result.problem.remedy);
    if ('fault' in result) throw Object.assign(new Error(result.fault.message), { code: result.fault.code });
    return result.fingerprint;
  } finally {
    await thread.end();
  }
}
