import { recordFfmpegState } from '../fleet/workers.ts';
import { type FfmpegReport, reportFfmpeg, trimmedStamp } from '../sandbox/index.ts';
import type { WorkerDeps } from './deps.ts';

/** Interval of the reports of an unchanged build. The distribution's package lists change a few times a day. */
const HOUR_MS = 3600_000;
/** Interval of the checks for a changed build. The sandbox checks at the same interval. */
const LOOK_MS = 20_000;

/**
 * Delay of the first report. A service that a command starts for a single file has usually stopped earlier, without spending half a second
 * of CPU on apt.
 */
const FIRST_MS = 5_000;

/** Records facts about the worker's FFmpeg in the worker's row: after the start, when the build changes, and every hour. */
export function startFfmpegReports(
  deps: Pick<WorkerDeps, 'context' | 'sandbox' | 'settings' | 'logger'>,
  workerId: string,
): { stop(): Promise<void> } {
  const { dataDir, ffmpeg = null, ffmpegBuild = 'off' } = deps.settings;
  let reported: { since: Date; stamp: number; at: number } | null = null;
  let current: Promise<void> | null = null;
  let timer = setTimeout(() => {
    look();
    timer = setInterval(look, LOOK_MS).unref();
  }, FIRST_MS).unref();
  return {
    async stop() {
      clearInterval(timer);
      await current;
    },
  };

  function look(): void {
    const isSame = reported?.since === deps.sandbox.ffmpeg.since && reported.stamp === trimmedStamp(dataDir);
    const isFresh = isSame && Date.now() - reported!.at < HOUR_MS;
    if (!isFresh) current = report();
  }

  async function report(): Promise<void> {
    const build = deps.sandbox.ffmpeg;
    reported = { since: build.since, stamp: trimmedStamp(dataDir), at: Date.now() };
    try {
      const settings = { ffmpeg, ffmpegBuild };
      await recordFfmpegState(deps.context.db, workerId, stateOf(await reportFfmpeg(build, dataDir, settings)));
    } catch (error) {
      reported = null;
      deps.logger.warn({ err: error }, 'the report about FFmpeg was not stored');
    }
  }
}

function stateOf({ update, advisories, trimmed }: FfmpegReport) {
  return {
    update: {
      state: update.state,
      candidate: update.candidate,
      security: update.security,
      lists_from: update.listsFrom?.toISOString() ?? null,
      reason: update.reason,
    },
    advisories: {
      table: advisories.table,
      open: advisories.open.map(({ cve, what }) => ({ cve, what })),
      fixed: advisories.fixed.map(({ cve }) => cve),
      unknown: advisories.unknown.map(({ cve }) => cve),
    },
    trimmed: {
      state: trimmed.state,
      source: trimmed.source,
      checked_at: trimmed.checkedAt,
      attacks: trimmed.attacks,
      comparisons: trimmed.runs,
      reason: trimmed.reason,
    },
  };
}
