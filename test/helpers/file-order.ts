import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Seconds of the test files that take longest, on two cores alongside other files. A fresh clone knows no durations. */
export const SECONDS: Readonly<Record<string, number>> = {
  ...{ 'test/chaos/full-disk': 60, 'test/web/dashboard': 80, 'test/deploy/node24': 35, 'test/e2e/cli-transcode': 75 },
  ...{ 'test/docs/commands': 60, 'test/chaos/storage-outage': 30, 'test/fuzz/campaigns': 48 },
  ...{ 'test/chaos/killed-workers': 38, 'test/e2e/six-slots': 47, 'test/e2e/cli-service': 40, 'test/e2e/one-slot': 42 },
  ...{ 'test/hostile/attacks-cell': 41, 'test/chaos/failover': 34, 'test/chaos/slow-sources': 39 },
  ...{
    'test/e2e/cli-client': 38,
    'test/hostile/cell-tiers': 36,
    'test/media/wild': 35,
    'test/hostile/every-route': 25,
  },
  ...{ 'test/hostile/up-roles': 28, 'test/chaos/drain': 25, 'test/hostile/leaks': 29, 'src/supervisor/postgres': 28 },
  ...{ 'test/plans/plans': 20, 'test/chaos/stalled-worker': 27, 'test/chaos/supervisor': 26, 'test/e2e/backup': 18 },
  ...{ 'test/hostile/cell-watchdog': 25, 'test/chaos/upgrade': 25, 'test/api/people': 8, 'test/hostile/flood': 20 },
  ...{ 'test/chaos/cut-off': 19, 'test/conformance/swift': 22, 'test/chaos/storm': 17, 'test/chaos/kill': 17 },
  ...{ 'test/media/matrix': 19, 'test/hostile/connections': 19, 'test/chaos/early-output': 18 },
  ...{ 'test/media/option-runs': 18, 'test/hostile/attacks-bare': 18, 'test/e2e/cli-keys': 17 },
  ...{ 'test/chaos/ffmpeg-upgrade': 17, 'test/hostile/hostile-clients': 12, 'test/chaos/fair-scheduling': 16 },
  ...{ 'test/kinds/transcribe': 60, 'test/e2e/cli-transcribe': 60, 'test/media/blueprints/blueprints': 30 },
  ...{ 'test/kinds/blueprint-runs': 40, 'test/kinds/toy-kind': 20, 'test/hostile/speech-cell': 20 },
  ...{ 'test/api/webhook-shares': 15, 'test/hostile/cell-limits': 14, 'test/launcher/install': 14 },
  ...{ 'test/deploy/production': 45, 'test/hostile/speech-leaks': 15, 'test/e2e/n8n-nodes': 12 },
  ...{ 'test/e2e/settings': 14, 'test/launcher/start': 14, 'test/e2e/filters': 13, 'test/chaos/pieces': 13 },
};
const USUAL_SECONDS = 4;
/** Files that mostly wait: for a lease, an outage, a drain or the end of a process. */
const WAITING = /^test\/(?:chaos\/|hostile\/(?:cell-watchdog|connections))/;

/**
 * Starts long test files first: a file that runs for a minute and starts last leaves every other core idle for that
 * minute. Distributes the files that mostly wait over the run, alongside files that need the processor. The short files of
 * the project `pure` come last, because each project has its own processes.
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
