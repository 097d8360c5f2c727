/** Lanes that one slot serves, in order of preference. */
export type SlotLanes = ('light' | 'heavy')[];

/** A heavy encode takes about this much (1080p at `faster` 0.44 GB, 4K 1.2–1.9 GB; performance 9). */
const HEAVY_BYTES = 2 * 2 ** 30;
const LIGHT_BYTES = 512 * 2 ** 20;
/** Of all memory, what cells may plan with (performance 9). */
const MEMORY_SHARE = 0.7;

/**
 * How many jobs run at once, and which. Two lanes (performance rule 7): one heavy encode at a time uses every core,
 * while light work runs beside it and never waits behind it. `wanted` (AIRLOCK_WORKER_SLOTS) sets the number: all
 * slots then take whatever waits, but one is kept for light work where there are two or more.
 */
export function planSlots(wanted: number | null, cores: number, memoryBytes: number): SlotLanes[] {
  if (wanted === 1) return [['light', 'heavy']];
  if (wanted !== null) return [['light'], ...Array.from({ length: wanted - 1 }, (): SlotLanes => ['heavy', 'light'])];
  const budget = memoryBytes * MEMORY_SHARE;
  if (budget < HEAVY_BYTES + LIGHT_BYTES) return [['light', 'heavy']];
  const light = Math.max(1, Math.min(cores, Math.floor((budget - HEAVY_BYTES) / LIGHT_BYTES)));
  // From eight cores on, x264 no longer fills them all: one more heavy job for each eight.
  const heavy = Math.max(1, Math.min(Math.floor(cores / 8), Math.floor(budget / 2 / HEAVY_BYTES)));
  return [
    ...Array.from({ length: light }, (): SlotLanes => ['light']),
    ...Array.from({ length: heavy }, (): SlotLanes => ['heavy']),
  ];
}
