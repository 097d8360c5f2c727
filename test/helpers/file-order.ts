import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Duration in seconds of the longest test files, on two cores alongside other files. A fresh clone has measured no durations. */
export const SECONDS: Readonly<Record<string, number>> = {
  ...{
    'test/chaos/three-slots': 150,
    'test/docs/commands': 50,
    'test/e2e/six-slots': 83,
    'test/e2e/cli-transcode': 79,
    'test/chaos/pieces': 65,
  },
  ...{ 'test/deploy/production': 64, 'test/e2e/cli-transcribe': 60, 'test/kinds/transcribe': 60 },
  ...{ 'test/web/dashboard': 59, 'test/chaos/ffmpeg-upgrade': 56, 'test/chaos/early-output': 54 },
  ...{ 'test/e2e/one-slot': 53, 'test/media/blueprints/blueprints': 52, 'test/chaos/fair-scheduling': 50 },
  ...{ 'test/chaos/full-disk': 35, 'test/chaos/two-releases': 48, 'test/hostile/cell-tiers': 46 },
  ...{ 'test/fuzz/campaigns': 33, 'test/kinds/blueprint-runs': 33, 'test/media/wild': 33, 'test/e2e/cli-client': 32 },
  ...{ 'test/hostile/attacks-cell': 31, 'src/supervisor/postgres': 29 },
  ...{ 'test/deploy/node24': 29, 'test/plans/plans': 29, 'test/e2e/quality': 27 },
  ...{ 'test/hostile/sanitizer-files': 25, 'test/api/openapi': 24, 'test/chaos/storage-outage': 24 },
  ...{ 'test/hostile/speech-cell': 23, 'test/kinds/growing-upload': 23, 'test/kinds/toy-kind': 23 },
  ...{ 'test/chaos/upgrade': 22, 'test/e2e/cli-service': 22, 'test/e2e/ranges': 22 },
  ...{ 'test/hostile/every-route': 21, 'test/media/matrix': 21, 'test/e2e/documents': 20 },
  ...{ 'test/hostile/cell-watchdog': 19, 'test/media/several-outputs': 19 },
  ...{ 'test/chaos/awaited-uploads': 18, 'test/chaos/failover': 18, 'test/hostile/attacks-bare': 18 },
  ...{ 'test/hostile/flood': 18, 'test/hostile/up-roles': 18, 'test/web/player-sources': 18 },
  ...{ 'test/api/upload-tokens': 17, 'test/e2e/cli-keys': 17, 'test/launcher/start': 17, 'test/media/options': 17 },
  ...{ 'test/media/written-once': 17, 'test/web/player': 17, 'test/conformance/swift': 16 },
  ...{ 'test/hostile/costly-requests': 16, 'test/hostile/trees': 16, 'test/api/malformed': 15 },
  ...{ 'test/api/webhooks': 15, 'test/chaos/drain': 15, 'test/docs/backend': 15, 'test/hostile/cell-launcher': 15 },
  ...{ 'test/hostile/deletion': 15, 'test/architecture/functions': 14, 'test/launcher/private-folders': 14 },
  ...{ 'test/media/ladder-pieces': 14, 'src/gateway/multipart/multipart': 13, 'test/e2e/several-outputs': 13 },
  ...{ 'test/hostile/cell-selftest': 13, 'test/kinds/run-commands': 13, 'test/media/filters': 13 },
  ...{ 'test/media/ladder-sources': 13, 'test/sdk/package': 13, 'test/api/webhook-shares': 12 },
  ...{ 'test/hostile/cell-life': 12, 'test/hostile/connections': 12, 'test/hostile/leaks': 12 },
  ...{ 'test/hostile/speech-leaks': 12, 'test/media/option-runs': 12, 'test/sanitizer/fragments': 12 },
  ...{ 'test/sanitizer/remux': 12 },
};
const USUAL_SECONDS = 4;
/** Matches test files that mostly wait: for a lease, an outage, a drain or the end of a process. */
const WAITING = /^test\/(?:chaos\/|hostile\/(?:cell-watchdog|connections))/;

/**
 * Starts long test files first. A file that runs for a minute and starts last would leave every other core idle for that minute.
 * Distributes the files that mostly wait over the run, alongside files that need the processor. The short files of the project `pure` come
 * last, because each project has its own processes.
 */
export class FileOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    const system = usual.filter(({ project }) => project.name !== 'pure');
    const pure = usual.filter(({ project }) => project.name === 'pure');
    return [...mixed(system, (file) => file.moduleId.slice(file.project.config.root.length + 1)), ...pure];
  }
}

/** Orders files as `FileOrder` does. `pathOf` returns the path below the root of the project. */
export function mixed<File>(files: readonly File[], pathOf: (file: File) => string): File[] {
  const secondsOf = (file: File) => SECONDS[pathOf(file).replace(/\.test\.ts$/, '')] ?? USUAL_SECONDS;
  const queues = [true, false].map((isWaiting) => {
    const left = files.filter((file) => WAITING.test(pathOf(file)) === isWaiting);
    left.sort((one, other) => secondsOf(other) - secondsOf(one));
    return { left, done: 0, total: left.reduce((sum, file) => sum + secondsOf(file), 0) };
  });
  return files.map(() => {
    const open = queues.filter(({ left }) => left.length > 0);
    const queue = open.reduce((best, next) => (next.done / next.total < best.done / best.total ? next : best));
    const file = queue.left.shift()!;
    queue.done += secondsOf(file);
    return file;
  });
}
