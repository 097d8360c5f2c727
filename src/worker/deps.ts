import type { DiskBudget } from '../attempt/resources/disk-reservation.ts';
import type { WorkTools } from '../attempt/tools.ts';
import type { DiskReserve } from '../config/disk-reserve.ts';
import type { ResourceClass } from '../database/tables.ts';
import type { Kind, KindsContext } from '../kinds/kind.ts';
import type { SelfTestReport } from '../sandbox/types.ts';
import type { Tracing, WorkerMetrics } from '../telemetry/index.ts';
import type { StorageWatch } from './storage-watch.ts';

/** Dependencies of a worker, composed in `src/cli/`. */
export interface WorkerDeps extends Omit<WorkTools, 'onStorageUnreachable' | 'settings' | 'measure'> {
  context: KindsContext;
  kinds: ReadonlyMap<string, Kind>;
  disk: DiskBudget;
  storage: StorageWatch;
  /** Report of the self-test that the sandbox passed before this worker started. */
  selfTest: SelfTestReport;
  /** Called when the daily self-test fails. No job may start after this call. */
  onBroken: (report: SelfTestReport) => void;
  /** Null in tests. */
  metrics: WorkerMetrics | null;
  /** Null unless tracing is enabled. */
  tracing?: Tracing | null;
  settings: WorkerSettings;
}

/** Resource classes that a slot accepts, in order of preference. */
export type SlotClasses = readonly ResourceClass[];

export interface WorkerSettings {
  databaseUrl: string;
  version: string;
  dataDir: string;
  /** Folder for work files, with one subfolder per attempt. */
  workDir: string;
  /** Path of the FFmpeg that the operator chose. Defaults to null. */
  ffmpeg?: string | null;
  /** Whether cells may use a trimmed build. Defaults to `off`. */
  ffmpegBuild?: 'auto' | 'off';
  /** One entry per slot; see `slots.ts`. Slots may trade their classes; see `slot-roles.ts`. */
  slots: readonly SlotClasses[];
  cores: number;
  /** Free space on the work folder's disk that no job may use. */
  diskReserve: DiskReserve;
  /** Whether uploads are stored on the disk of the work folder. */
  sharesDisk: boolean;
  /** Maximum memory of one cell, in bytes. */
  cellMemoryBytes: number;
  /** Milliseconds for which a draining worker lets running jobs finish before it releases them. */
  drainMs: number;
  /** Seconds for which a job waits for unreachable storage before the job fails. */
  storageWaitSeconds: number;
  /** Seconds for which a job awaits a review before it fails. Defaults to `REVIEW_SECONDS`. */
  reviewSeconds?: number;
  /** Milliseconds for which a worker keeps a finished output and its slot while storage is unreachable. */
  outputWaitMs: number;
  /** Whether long videos are encoded in pieces. Defaults to `off`. */
  chunks?: 'off' | 'auto' | 'always';
}
