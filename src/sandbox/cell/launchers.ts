import type { CellCgroup } from '../cgroup/slot-group.ts';
import type { Tier } from '../tiers/tier.ts';
import type { WaitingLauncher } from '../tiers/waiting-launcher.ts';
import type { CellAccount } from './account.ts';
import { admit } from './processes.ts';

/**
 * Launchers that are started ahead, at most one per slot. Each launcher waits in the control group of its slot, so that the cell is created
 * in this group. Then neither the fork of this large process nor the move into a group, which waits for the kernel, delays the cell
 * (docs/decisions/0037).
 */
export interface Launchers {
  /** Starts the launcher of the slot's next cell, if the tier has launchers and no launcher waits. Never throws. */
  start(slot: number): void;
  has(slot: number): boolean;
  /**
   * Resolves to the launcher of the slot, which is in its control group, for the next cell. Resolves to null if no launcher can be used.
   */
  acquire(slot: number): Promise<WaitingLauncher | null>;
  /** Kills the launchers of these slots. Resolves to whether there were any. */
  end(slots: readonly number[]): Promise<boolean>;
  /** Kills all launchers. No launcher is started afterwards. */
  close(): Promise<void>;
}

interface Entry {
  launcher: WaitingLauncher;
  isAdmitted: Promise<boolean>;
}

/** The resources that a slot's launchers need. */
interface LauncherHost {
  tier: Tier;
  account(slot: number): CellAccount | null;
  cgroup(slot: number): CellCgroup | null;
}

export function openLaunchers({ tier, account, cgroup }: LauncherHost): Launchers {
  const waiting = new Map<number, Entry>();
  let closed = false;
  return {
    start(slot) {
      if (closed || waiting.has(slot)) return;
      const launcher = startOrNull(tier, () => account(slot));
      if (!launcher) return;
      const isAdmitted = admit(launcher.mark.pid, cgroup(slot)).then(
        () => true,
        () => false,
      );
      waiting.set(slot, { launcher, isAdmitted });
    },
    has: (slot) => waiting.has(slot),
    async acquire(slot) {
      const entry = waiting.get(slot);
      waiting.delete(slot);
      if (!entry) return null;
      if ((await entry.isAdmitted) && entry.launcher.isWaiting()) return entry.launcher;
      await entry.launcher.end();
      return null;
    },
    end,
    close() {
      closed = true;
      return end([...waiting.keys()]).then(() => {});
    },
  };

  async function end(slots: readonly number[]): Promise<boolean> {
    const entries = slots.flatMap((slot) => waiting.get(slot) ?? []);
    for (const slot of slots) waiting.delete(slot);
    await Promise.all(entries.map(({ launcher }) => launcher.end()));
    return entries.length > 0;
  }
}

/** Starts a launcher, or returns null. The next cell then starts its own launcher and reports the failure. */
function startOrNull(tier: Tier, account: () => CellAccount | null): WaitingLauncher | null {
  try {
    return tier.startAhead?.(account()) ?? null;
  } catch {
    return null;
  }
}
