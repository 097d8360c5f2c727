import type { DiskReserve } from '../config/disk-reserve.ts';
import type { ResourceClass } from '../database/tables.ts';
import type { JobsContext } from '../jobs/kind.ts';
import type { Kind, WorkTools } from '../kinds/kind.ts';
import type { WorkRoom } from '../kinds/shared/work-room.ts';
import type { SelfTestReport } from '../sandbox/types.ts';
import type { WorkerMetrics } from '../telemetry/index.ts';
import type { StorageWatch } from './storage-watch.ts';

/** What a worker works with; the composition root hands it over. */
export interface WorkerDeps extends Omit<WorkTools, 'onStorageAway' | 'settings'> {
  context: JobsContext;
  kinds: ReadonlyMap<string, Kind>;
  room: WorkRoom;
  storage: StorageWatch;
  /** Of the self-test that the sandbox passed before this worker took it. */
  selfTest: SelfTestReport;
  /** Called when the daily self-test finds that the sandbox no longer holds: no job may start after it. */
  onBroken: (report: SelfTestReport) => void;
  /** Null under a supervisor, which has one metrics port for all roles. */
  metrics: WorkerMetrics | null;
  settings: WorkerSettings;
}

/** What each slot takes, in order of preference. */
export type SlotClasses = readonly ResourceClass[];

export interface WorkerSettings {
  databaseUrl: string;
  version: string;
  /** Folder for bytes on their way in; one subfolder per attempt. */
  workDir: string;
  /** One entry per slot; see `slots.ts`. */
  slots: readonly SlotClasses[];
  cores: number;
  /** Free space of the work folder's disk that no job may touch. */
  diskReserve: DiskReserve;
  /** Whether uploads land on the same disk. */
  sharesDisk: boolean;
  /** Bytes of memory that one cell may use at most. */
  cellMemoryBytes: number;
  /** Milliseconds that a draining worker lets running jobs finish before it releases them. */
  drainMs: number;
  /** Seconds that a job waits for an unreachable storage before it fails. */
  storageWaitSeconds: number;
  /** Milliseconds that a finished output is held, and its slot with it, while the storage is unreachable. */
  outputHoldMs: number;
}
