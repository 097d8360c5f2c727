import type { ResourceClass } from '../database/tables.ts';
import type { Fetcher } from '../fetcher/index.ts';
import type { JobsContext } from '../jobs/kind.ts';
import type { Claim } from '../jobs/rows.ts';
import type { Sandbox } from '../sandbox/types.ts';
import type { Sanitizer } from '../sanitizer/index.ts';
import type { Logger, MeasureStage } from '../telemetry/index.ts';
import type { Planner } from '../threads/planning/index.ts';
import type { DiskReservation } from './resources/disk-reservation.ts';
import type { MemoryBudget } from './resources/memory-reservation.ts';
import type { TransferPools } from './resources/transfer-pools.ts';

/*
 * The tools of an attempt at a job of any kind. The worker provides them. The folders here open, describe, decode and store media for every
 * kind.
 */

/** Tools with which a worker runs a job. */
export interface WorkTools {
  context: JobsContext;
  sandbox: Sandbox;
  fetcher: Fetcher;
  sanitizer: Sanitizer;
  /** Reads and plans large requests, and draws layers, in threads. */
  planner: Planner;
  logger: Logger;
  /** Measures the steps of an attempt. */
  measure: MeasureStage;
  /** Memory for the cells of the worker. */
  memory: MemoryBudget;
  /** Pools for transfers to destinations. */
  transfers: TransferPools;
  /** Call this when storage is unreachable. */
  onStorageUnreachable: () => void;
  settings: {
    version: string;
    cores: number;
    /** Maximum memory of one cell, in bytes. */
    cellMemoryBytes: number;
    /** Milliseconds for which a worker keeps a finished output and its slot while storage is unreachable. */
    outputWaitMs: number;
    /** Resource classes that each slot of this worker accepts. */
    slots: readonly (readonly ResourceClass[])[];
    /** Whether long videos are encoded in pieces. Defaults to `off`. */
    chunks?: 'off' | 'auto' | 'always';
  };
}

/** A job's lease of a slot. A job may run cells only while it has a slot. */
export interface SlotLease {
  /** Acquires a slot. Call this when all sources are staged. Resolves to the slot's number. Rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<number>;
  /**
   * Releases the slot of a job that must wait for its sources. Call this only while no cell runs. The job must acquire a slot again later.
   */
  release(): void;
  /** Whether another job of this worker waits for a slot. */
  isNeeded(): boolean;
  /** Returns the resource classes that the slot of this job currently accepts. Empty if the job has no slot. */
  classes(): readonly ResourceClass[];
  /** Reports that the encode of this heavy job is short and needs at most `LIGHT_BYTES` of memory. The job keeps its slot. */
  markBrief(): void;
  /** Releases the slot of a job that will run no more cells. Unlike after `release`, a draining worker waits for the job. */
  leave(): void;
}

/** One attempt, as passed to `execute`. */
export interface Run {
  claim: Claim;
  lease: SlotLease;
  /** Aborted when the job is canceled, the attempt is replaced, or the worker must release the job. */
  signal: AbortSignal;
  /** Work folder of this attempt, which is removed when the attempt ends. */
  folder: string;
  /** Space on the disk of the work folder. */
  disk: DiskReservation;
  /** Call this when a report finds that the attempt was replaced. Ends the attempt. */
  onReplaced: () => void;
  /** Registers an object that was reserved for an output. The object is deleted unless the job completes with it. */
  reserved: (objectId: string) => void;
}
