import { signal } from '@preact/signals';
import type { JobListItem } from '../../../src/contract/transcodes.ts';
import type { LiveEvent } from '../api/live-event.ts';

export type Status = JobListItem['status'];

export interface JobPage {
  items: JobListItem[];
  total: number;
}

/** Loads a page of 100 jobs, newest first; pages count from 1. */
export type LoadPage = (page: number) => Promise<JobPage>;

export const PAGE_JOBS = 100;

/**
 * The jobs of an account, newest first, of which only the pages that were looked at are here. Events change it: a job
 * moves on in place, and new jobs appear on top.
 */
export class JobList {
  /** Grows with every change. */
  readonly version = signal(0);
  /** Why the last page did not load. */
  readonly error = signal<Error | null>(null);
  /** Ids by position; undefined where nothing is loaded. Its length is the number of jobs. */
  #order: (string | undefined)[] = [];
  #jobs = new Map<string, JobListItem>();
  #loading = new Set<number>();
  #isLoaded = false;
  readonly #load: LoadPage;
  readonly #status: Status | null;

  /** `status`: the list contains only jobs of that status. */
  constructor(load: LoadPage, status: Status | null) {
    this.#load = load;
    this.#status = status;
  }

  /** Null until the first page has come. */
  get total(): number | null {
    return this.#isLoaded ? this.#order.length : null;
  }

  at(index: number): JobListItem | undefined {
    const id = this.#order[index];
    return id === undefined ? undefined : this.#jobs.get(id);
  }

  /** Every job that is loaded, newest first. */
  loaded(): JobListItem[] {
    return this.#order.flatMap((id) => (id === undefined ? [] : (this.#jobs.get(id) ?? [])));
  }

  /** Loads what is missing between two positions. */
  async show(first: number, last: number): Promise<void> {
    const pages = new Set<number>();
    for (let index = first; index <= Math.min(last, this.#order.length - 1); index++) {
      if (this.#order[index] === undefined) pages.add(Math.floor(index / PAGE_JOBS) + 1);
    }
    await Promise.all([...pages].map((page) => this.#fetch(page)));
  }

  /** Loads every page, one after the other, until `signal` aborts. */
  async showAll(signal: AbortSignal): Promise<void> {
    for (let index = 0; index < this.#order.length && !signal.aborted && !this.error.peek(); index += PAGE_JOBS) {
      await this.show(index, index + PAGE_JOBS - 1);
    }
  }

  /** Loads the newest page, and puts what is new above what was there. */
  async refresh(): Promise<void> {
    const page = await this.#try(1);
    if (!page) return;
    const top = page.items.map(({ id }) => id);
    const isNew = new Set(top);
    // More new jobs than fit on a page: how far the others have moved is unknown.
    const joins = page.items.length < PAGE_JOBS || top.some((id) => this.#jobs.has(id));
    const rest = joins ? this.#order.filter((id) => id === undefined || (!isNew.has(id) && this.#belongs(id))) : [];
    this.#keep(page.items);
    this.#order = [...top, ...rest];
    // Extends it by positions that are not loaded, or cuts off those that are gone.
    this.#order.length = page.total;
    this.#isLoaded = true;
    this.#changed();
  }

  /** Applies events, and returns whether the list has to be refreshed because of them. */
  apply(events: readonly LiveEvent[]): boolean {
    let isStale = false;
    for (const { type, data } of events) {
      const [subject, what] = type.split('.');
      if (type === 'stream.open') isStale = true;
      if (subject !== 'transcode') continue;
      const next = nextState(what, data);
      const known = this.#jobs.get(String(data.job_id));
      if (known) this.#jobs.set(known.id, { ...known, ...next });
      if (what === 'queued' || (this.#status !== null && next.status && next.status !== known?.status)) isStale = true;
    }
    this.#changed();
    return isStale;
  }

  async #fetch(page: number): Promise<void> {
    if (this.#loading.has(page)) return;
    this.#loading.add(page);
    const answer = await this.#try(page);
    this.#loading.delete(page);
    if (!answer) return;
    this.#keep(answer.items);
    this.#order.length = answer.total;
    for (const [offset, { id }] of answer.items.entries()) this.#order[(page - 1) * PAGE_JOBS + offset] = id;
    this.#changed();
  }

  async #try(page: number): Promise<JobPage | null> {
    try {
      const answer = await this.#load(page);
      this.error.value = null;
      return answer;
    } catch (error) {
      this.error.value = error as Error;
      return null;
    }
  }

  #keep(items: readonly JobListItem[]): void {
    for (const item of items) this.#jobs.set(item.id, item);
  }

  #belongs(id: string): boolean {
    return this.#status === null || this.#jobs.get(id)?.status === this.#status;
  }

  #changed(): void {
    this.version.value++;
  }
}

/** What an event says about its job. */
export function nextState(what: string | undefined, data: LiveEvent['data']): Partial<JobListItem> {
  switch (what) {
    case 'started':
      return { status: 'processing', progress: 0, queue_position: null, started_at: String(data.created_at) };
    case 'progress':
      return {
        status: 'processing',
        progress: Number(data.progress),
        fps: data.fps as number | null,
        speed: data.speed as number | null,
        eta_seconds: data.eta_seconds as number | null,
      };
    case 'retrying':
      return { status: 'pending', progress: 0, speed: null, fps: null, eta_seconds: null };
    case 'completed':
    case 'failed':
    case 'canceled':
      return (data.job as JobListItem | undefined) ?? { status: what };
    default:
      return {};
  }
}
