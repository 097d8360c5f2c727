/**
 * Unprivileged accounts of the cells when the service runs as root: uid 60706 + slot, gid 60705. The numbers lie in
 * the range 60578–61183 that systemd's table of UIDs (systemd.io/UIDS-GIDS) and Debian's policy leave unused, so that
 * no person, package or dynamic user has them. As root, bwrap would map the job to host root (security 2.3).
 */
export interface CellAccount {
  uid: number;
  gid: number;
}

export const CELL_GID = 60705;
const CELL_UID_BASE = 60706;
/** Highest slot whose uid stays inside the unused range. */
export const MAX_SLOTS = 256;

/** Null when the service is an ordinary user: then cells run as that user. */
export function cellAccount(slot: number): CellAccount | null {
  if (process.geteuid?.() !== 0) return null;
  return { uid: CELL_UID_BASE + slot, gid: CELL_GID };
}
