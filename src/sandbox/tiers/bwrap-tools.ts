import type { FilterFiles } from './tier.ts';

/** Paths that stay the same while a sandbox is open. */
export interface BwrapTools {
  bwrap: string;
  prlimit: string;
  sh: string;
  /** Opened per cell, because duplicated descriptors share a read offset. */
  filters: FilterFiles;
}
