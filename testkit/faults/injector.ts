import { type Fault, type Injection, isBackground, type Target, type Via } from './targets.ts';

/** A fault of every operation, or of every n-th operation, from the start of a run. */
export interface Outage {
  via: Via;
  fault: Extract<Fault, 'answer-500' | 'break' | 'delay'>;
  /** 3 for every third operation. */
  every: number;
  /** Milliseconds until the outage ends. Delayed operations are sent then. */
  ms: number;
}

/** What a run has met. */
export interface Recording {
  /** The operations of the run, except the background, in their order. */
  targets: Target[];
  /** Number of injected faults. 0 if the target was never reached. */
  injected: number;
}

/** Numbers the operations of all processes of a fleet, and decides at which of them a fault is injected. */
export class Injector {
  #counts = new Map<string, number>();
  #targets: Target[] = [];
  #plan: Injection | null = null;
  #outage: (Outage & { until: number }) | null = null;
  #met = 0;
  #injected = 0;
  #isArmed = false;
  /** Whether operations of the background are recorded too. */
  #all = false;

  /** Begins a recording. Injects at most one fault, or the faults of an outage. */
  arm(plan: Injection | Outage | null, { all = false } = {}): void {
    this.#counts = new Map();
    this.#targets = [];
    this.#plan = plan && 'target' in plan ? plan : null;
    this.#outage = plan && 'every' in plan ? { ...plan, until: performance.now() + plan.ms } : null;
    this.#met = 0;
    this.#injected = 0;
    this.#isArmed = true;
    this.#all = all;
  }

  get injected(): number {
    return this.#injected;
  }

  disarm(): Recording {
    this.#isArmed = false;
    return { targets: this.#targets, injected: this.#injected };
  }

  /** Called for each operation before it is forwarded. Returns the fault to inject. */
  meet({ via, role, name, text }: Omit<Target, 'occurrence'>): { fault: Fault; ms: number } | null {
    if (!this.#isArmed || (!this.#all && isBackground(name))) return null;
    const key = `${via} ${role} ${name}`;
    const occurrence = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, occurrence);
    this.#targets.push({ via, role, name, occurrence, ...(text && { text }) });
    return this.#planned(key, occurrence) ?? this.#ofOutage(via);
  }

  #planned(key: string, occurrence: number): { fault: Fault; ms: number } | null {
    const plan = this.#plan;
    if (!plan) return null;
    const { via, role, name } = plan.target;
    if (key !== `${via} ${role} ${name}` || occurrence !== plan.target.occurrence) return null;
    this.#plan = null;
    this.#injected += 1;
    return { fault: plan.fault, ms: plan.ms };
  }

  #ofOutage(via: Via): { fault: Fault; ms: number } | null {
    const outage = this.#outage;
    if (!outage || outage.via !== via) return null;
    const ms = outage.until - performance.now();
    if (ms <= 0) return null;
    this.#met += 1;
    if (this.#met % outage.every !== 0) return null;
    this.#injected += 1;
    return { fault: outage.fault, ms };
  }
}

/** How a proxy affects the process behind it. */
export interface ProcessControl {
  /** Sends SIGKILL to the process. Does nothing while no process runs. */
  kill(): void;
  /** Sends SIGSTOP to the process, and SIGCONT after `ms`. */
  stop(ms: number): void;
}
