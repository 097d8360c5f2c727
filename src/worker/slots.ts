import { LIGHT_BYTES } from '../attempt/resources/memory-reservation.ts';
import type { SlotClasses } from './deps.ts';

/** Bytes of memory for a heavy encode, rounded up (measured: 1080p at `faster` 0.44 GB, 4K 1.2–1.9 GB). */
const HEAVY_BYTES = 2 * 2 ** 30;
/** Fraction of the machine's memory that is planned for cells. */
const MEMORY_SHARE = 0.7;

const INTERACTIVE: SlotClasses = ['interactive'];

/**
 * Plans the slots of a worker. One slot is reserved for interactive jobs, whose callers wait. A heavy encode uses every core, so few heavy
 * slots are planned. Light jobs have their own slots and don't wait for heavy jobs, unless memory is too scarce for both. `wanted`
 * (AIRLOCK_WORKER_SLOTS) sets the number of slots in addition to the interactive slot. If `wanted` is at least 2, one slot accepts only
 * light jobs, and the other slots accept both light and heavy jobs.
 */
export function planSlots(wanted: number | null, cores: number, memoryBytes: number): SlotClasses[] {
  return [...mediaSlots(wanted, cores, memoryBytes), INTERACTIVE];
}

function mediaSlots(wanted: number | null, cores: number, memoryBytes: number): SlotClasses[] {
  if (wanted === 1) return [['light', 'heavy']];
  if (wanted !== null) return [['light'], ...Array.from({ length: wanted - 1 }, (): SlotClasses => ['heavy', 'light'])];
  const budget = memoryBytes * MEMORY_SHARE;
  if (budget < HEAVY_BYTES + LIGHT_BYTES) return [['light', 'heavy']];
  const light = Math.max(1, Math.min(cores, Math.floor((budget - HEAVY_BYTES) / LIGHT_BYTES)));
  // From eight cores on, one x264 encode no longer uses all cores, so the plan has a heavy slot for every eight cores.
  const heavy = Math.max(1, Math.min(Math.floor(cores / 8), Math.floor(budget / 2 / HEAVY_BYTES)));
  return [
    ...Array.from({ length: light }, (): SlotClasses => ['light']),
    ...Array.from({ length: heavy }, (): SlotClasses => ['heavy']),
  ];
}
