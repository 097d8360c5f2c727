import type { DiskReserve } from '../config/disk-reserve.ts';
import type { Context } from '../domain/context.ts';
import type { Fetcher } from '../fetcher/index.ts';
import type { Look } from '../look/index.ts';
import type { Planner } from '../planner/index.ts';
import type { Sandbox, SelfTestReport } from '../sandbox/types.ts';
import type { Logger, WorkerMetrics } from '../telemetry/index.ts';
import type { StorageWatch } from './storage-watch.ts';

import type { WorkRoom } from './work-room.ts';

/** What a worker works with; the composition root hands it over. */
export interface WorkerDeps {
  context: Context;
  sandbox: Sandbox;
  fetcher: Fetcher;
  look: Look;
  room: WorkRoom;
  /** Reads and plans large requests, and draws layers, in threads. */
  planner: Planner;
  storage: StorageWatch;
  logger: Logger;
  /** Of the self-test that the sandbox passed before this worker took it. */
  selfTest: SelfTestReport;
  /** Called when the daily self-test finds that the sandbox no longer holds: no job may start after it. */
  onBroken: (report: SelfTestReport) => void;
  /** Null under a supervisor, which has one metrics port for all roles. */
  metrics: WorkerMetrics | null;
  settings: WorkerSettings;
}

export interface WorkerSettings {
  databaseUrl: string;
  version: string;
  /** Folder for bytes on their way in; one subfolder an attempt. */
  workDir: string;
  /** What each slot takes, in order of preference; see `slots.ts`. */
  lanes: ('light' | 'heavy')[][];
  cores: number;
  /** Free space of the work folder's disk that no job may touch. */
  diskReserve: DiskReserve;
  /** Whether uploads land on the same disk. */
  sharesDisk: boolean;
  /** Bytes of memory that one cell may use at most. */
  cellMemoryBytes: number;
  /** Milliseconds that a draining worker lets running jobs finish before it hands them back. */
  drainMs: number;
  /** Seconds that a job waits for a storage that is away, before it fails. */
  storageWaitSeconds: number;
  /** Milliseconds that a finished output is held and its slot with it, while the storage is away. */
  outputHoldMs: number;
}
