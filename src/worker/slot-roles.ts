import type { SlotClasses } from './deps.ts';
import type { Wakeups } from './wakeups.ts';

/** Milliseconds after which a job that was expected to be brief counts as an ordinary heavy job. */
const BRIEF_MS = 10_000;

interface BriefJob {
  accountId: string;
  timer: NodeJS.Timeout;
  isOverdue: boolean;
}

/**
 * The resource classes that each slot of a worker currently accepts. While a heavy slot runs a brief job, it trades its
 * classes with an idle light slot, which then runs the next heavy job:
 *
 *     slot 0  light  idle                        slot 0  heavy  starts the next heavy job
 *     slot 1  light  idle                  →     slot 1  light  idle
 *     slot 2  heavy  runs a brief job            slot 2  light  runs the brief job
 *
 * The number of slots of each class never changes. So the worker runs at most as many long heavy jobs as it has heavy slots.
 * One light slot never runs a brief job. An account's brief jobs get another light slot only while they occupy fewer light
 * slots than are left for brief jobs. If a job runs for longer than expected, an idle heavy slot or the next heavy slot that becomes
 * free returns its classes to the job's slot. Until then, the account's brief jobs get no other light slot.
 */
export class SlotRoles {
  readonly #classes: SlotClasses[];
  readonly #wake: Wakeups['wake'];
  /** Idle slots, in the order in which they became idle. */
  readonly #idle = new Set<number>();
  /** Brief jobs, by the slot that runs them. */
  readonly #brief = new Map<number, BriefJob>();

  constructor(slots: readonly SlotClasses[], wake: Wakeups['wake']) {
    this.#classes = [...slots];
    this.#wake = wake;
  }

  classesOf(slot: number): SlotClasses {
    return this.#classes[slot]!;
  }

  /** Reports that the slot runs a brief job. The job keeps the slot. */
  markBrief(slot: number, accountId: string): void {
    if (this.#brief.has(slot)) return;
    const timer = setTimeout(() => this.#onOverdue(slot), BRIEF_MS);
    timer.unref();
    this.#brief.set(slot, { accountId, timer, isOverdue: false });
    const idle = this.#mayTrade(slot) ? this.#lastIdle((other) => this.#isLight(other)) : undefined;
    if (idle === undefined) return;
    this.#trade(slot, idle);
    this.#wake('heavy');
  }

  /** Reports that the slot runs no job. Call this before the slot looks for work. */
  markFree(slot: number): void {
    this.#idle.delete(slot);
    this.#remove(slot);
    if (!this.#isHeavy(slot)) return;
    const overdue = this.#find(({ isOverdue }) => isOverdue);
    if (overdue === undefined) return;
    this.#trade(slot, overdue);
    this.#remove(overdue);
  }

  /**
   * Reports that the slot has found no work. Returns whether the slot must look for work again, because it has traded its classes with a
   * heavy slot that runs a brief job.
   */
  markIdle(slot: number): boolean {
    const brief = this.#isLight(slot) ? this.#find((_, other) => this.#mayTrade(other)) : undefined;
    if (brief === undefined) this.#idle.add(slot);
    else this.#trade(slot, brief);
    return brief !== undefined;
  }

  #onOverdue(slot: number): void {
    const idle = this.#lastIdle((other) => this.#isHeavy(other));
    if (this.#isLight(slot) && idle === undefined) {
      this.#brief.get(slot)!.isOverdue = true;
      return;
    }
    this.#remove(slot);
    if (idle === undefined || this.#isHeavy(slot)) return;
    this.#trade(slot, idle);
    this.#wake('light');
  }

  /** Whether the slot of a brief job may get the classes of a light slot. */
  #mayTrade(slot: number): boolean {
    if (!this.#isHeavy(slot)) return false;
    const light = this.#classes.filter((_, other) => this.#isLight(other)).length;
    const used = [...this.#brief].filter(([other]) => this.#isLight(other)).map(([, job]) => job);
    const own = used.filter(({ accountId }) => accountId === this.#brief.get(slot)?.accountId);
    return own.length < light - 1 - used.length && !own.some(({ isOverdue }) => isOverdue);
  }

  #trade(a: number, b: number): void {
    const classes = this.#classes;
    [classes[a], classes[b]] = [classes[b]!, classes[a]!];
  }

  #remove(slot: number): void {
    clearTimeout(this.#brief.get(slot)?.timer);
    this.#brief.delete(slot);
  }

  /** Returns the suitable slot that became idle last. This slot's launcher is ready, and the other slots stay asleep. */
  #lastIdle(suits: (slot: number) => boolean): number | undefined {
    return [...this.#idle].findLast(suits);
  }

  #find(suits: (job: BriefJob, slot: number) => boolean): number | undefined {
    return [...this.#brief].find(([slot, job]) => suits(job, slot))?.[0];
  }

  #isLight(slot: number): boolean {
    const [first, ...others] = this.#classes[slot]!;
    return first === 'light' && others.length === 0;
  }

  #isHeavy(slot: number): boolean {
    return this.#classes[slot]!.includes('heavy');
  }
}
