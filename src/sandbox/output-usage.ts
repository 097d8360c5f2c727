import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Cell } from './cell.ts';

/** Room on the disk, and in its lists of blocks, that a file takes besides its content. */
const SPARE_BYTES = 4096;

/** Bytes on disk (blocks) of all outputs of a cell, so that a sparse file counts what it takes. */
export function measureOutputs({ output, outputs }: Pick<Cell, 'output' | 'outputs'>): number {
  const blocks = outputs.map((name) => lstatSync(join(output, name), { throwIfNoEntry: false })?.blocks ?? 0);
  return blocks.reduce((sum, count) => sum + count * 512, 0);
}

/** Whether several outputs hold more than they may together. The kernel sees to a single one. */
export function isOverLimit(cell: Pick<Cell, 'output' | 'outputs'>, outputBytes: number): boolean {
  return cell.outputs.length > 1 && measureOutputs(cell) > outputBytes + SPARE_BYTES * cell.outputs.length;
}
