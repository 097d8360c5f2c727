import { type Fault, type Injection, isBackground, type Outage, type Target, type Via } from './targets.ts';

/** What the injector has seen in a run. */
export interface Recording {
  /** The operations of the run, except the background, in their order. */
  targets: Target[];
  /** Whether the fault was injected. False if its target was never reached. */
  isInjected: boolean;
}

/** Numbers the operations of all processes of a fleet, and decides at which of them a fault is injected. */
export class Injector {
  #counts = new Map<string, number>();
  #targets: Target[] = [];
  #plan: Injection | null = null;
  #outage: (Outage & { until: number }) | null = null;
  #met = 0;
  #isInjected = false;
  #isArmed = false;
  /** Whether operations of the background are recorded too. */
  #all = false;

  /** Begins a recording. Injects at most one fault, or the faults of an outage. */
  arm(plan: Injection | Outage | null, { all = false } = {}): void {
    this.#counts = new Map();
    this.#targets = [];
    this.#plan = plan && 'target' in plan ? plan : null;
    this.#outage = plan && 'outage' in plan ? { ...plan, until: performance.now() + plan.ms } : null;
    this.#met = 0;
    this.#isInjected = false;
    this.#isArmed = true;
    this.#all = all;
  }

  disarm(): Recording {
    this.#isArmed = false;
    return { targets: this.#targets, isInjected: this.#isInjected };
  }

  /** Called for each operation before it is forwarded. Returns the fault to inject. */
  meet({ via, role, name, text }: Omit<Target, 'occurrence'>): { fault: Fault; ms: number } | null {
    if (!this.#isArmed) return null;
    const ofOutage = this.#ofOutage(via);
    if (ofOutage || (!this.#all && isBackground({ name, ...(text !== undefined && { text }) }))) return ofOutage;
    const key = `${via} ${role} ${name}`;
    const occurrence = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, occurrence);
    this.#targets.push({ via, role, name, occurrence, ...(text && { text }) });
    return this.#planned(key, occurrence);
  }

  #planned(key: string, occurrence: number): { fault: Fault; ms: number } | null {
    const plan = this.#plan;
    if (!plan) return null;
    const { via, role, name } = plan.target;
    if (key !== `${via} ${role} ${name}` || occurrence !== plan.target.occurrence) return null;
    this.#plan = null;
    this.#isInjected = true;
    return { fault: plan.fault, ms: plan.ms };
  }

  #ofOutage(via: Via): { fault: Fault; ms: number } | null {
    const outage = this.#outage;
    if (!outage || outage.via !== via) return null;
    const ms = outage.until - performance.now();
    if (ms <= 0) return null;
    this.#met += 1;
    if (this.#met % outage.every !== 0) return null;
    this.#isInjected = true;
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
