import { signal } from '@preact/signals';
import type { LiveEvent } from '../api/live-event.ts';
import { type AnyJob, isCommon, type ListedJob } from '../lib/job.ts';

export interface JobPage {
  items: ListedJob[];
  /** Number of jobs on all pages. */
  total: number;
  /** The cursor of the next page; null on the last page. */
  next: string | null;
}

/** Loads a page of up to `PAGE_JOBS` jobs, newest first. Loads the first page if `after` is null. */
export type LoadPage = (after: string | null) => Promise<JobPage>;

export const PAGE_JOBS = 100;

/**
 * The jobs of an account, newest first, from the newest job to the last job to which a person has scrolled. Events change jobs in place,
 * and add new jobs at the top.
 */
export class JobList {
  /** Increases with every change. */
  readonly version = signal(0);
  /** The error of the last request for a page; null if this request succeeded. */
  readonly error = signal<Error | null>(null);
  /** IDs of the jobs that are loaded, newest first. */
  #order: string[] = [];
  #jobs = new Map<string, ListedJob>();
  /** The cursor after the last job that is loaded; null if there are no more jobs. */
  #next: string | null = null;
  #total: number | null = null;
  #loading: Promise<void> | null = null;
  readonly #load: LoadPage;
  readonly #status: string | null;

  /** `status`: the list contains only jobs with this status; null for any status. */
  constructor(load: LoadPage, status: string | null) {
    this.#load = load;
    this.#status = status;
  }

  /** Number of jobs on all pages; null until the first page has been loaded. */
  get total(): number | null {
    return this.#total;
  }

  at(index: number): ListedJob | undefined {
    return this.#jobs.get(this.#order[index] ?? '');
  }

  /** Returns every job that is loaded, newest first. */
  loaded(): ListedJob[] {
    return this.#order.flatMap((id) => this.#jobs.get(id) ?? []);
  }

  /** Loads pages until the job at position `last` is loaded, `signal` aborts or a page cannot be loaded. */
  async show(last: number, signal?: AbortSignal): Promise<void> {
    while (this.#order.length <= last && this.#next !== null && !signal?.aborted && !this.error.peek()) {
      this.#loading ??= this.#loadMore().finally(() => {
        this.#loading = null;
      });
      await this.#loading;
    }
  }

  /** Loads the newest page, and puts new jobs above the jobs in the list. */
  async refresh(): Promise<void> {
    const page = await this.#try(null);
    if (!page) return;
    const top = page.items.map(({ id }) => id);
    const isNew = new Set(top);
    // If the newest page contains no known job, there may be unknown jobs between this page and the list, so the list is dropped.
    const joins = top.some((id) => this.#jobs.has(id));
    this.#keep(page.items);
    const rest = joins ? this.#order.filter((id) => !isNew.has(id) && this.#belongs(id)) : [];
    if (rest.length === 0) this.#next = page.next;
    this.#order = [...top, ...rest];
    this.#total = page.total;
    this.#changed();
  }

  /** Applies events, and returns whether the list has to be refreshed because of them. */
  apply(events: readonly LiveEvent[]): boolean {
    let isStale = false;
    for (const { type, data } of events) {
      const what = type.split('.')[1];
      if (type === 'stream.open') isStale = true;
      if (data.job_id === undefined) continue;
      const next = nextState(what, data);
      const known = this.#jobs.get(data.job_id);
      if (known) this.#jobs.set(known.id, { ...known, ...next });
      // The list must be loaded again for a new job, for a job whose next attempt the event does not contain, and for a job that enters or
      // leaves the list because of its new status.
      if (
        what === 'queued' ||
        what === 'retrying' ||
        (this.#status !== null && next.status && next.status !== known?.status)
      )
        isStale = true;
    }
    this.#changed();
    return isStale;
  }

  async #loadMore(): Promise<void> {
    const after = this.#next;
    const page = await this.#try(after);
    // If a refresh has replaced the list in the meantime, this page is not appended.
    if (!page || after !== this.#next) return;
    this.#keep(page.items);
    const known = new Set(this.#order);
    this.#order.push(...page.items.map(({ id }) => id).filter((id) => !known.has(id)));
    this.#next = page.next;
    this.#total = page.next === null ? this.#order.length : page.total;
    this.#changed();
  }

  async #try(after: string | null): Promise<JobPage | null> {
    try {
      const page = await this.#load(after);
      this.error.value = null;
      return page;
    } catch (error) {
      this.error.value = error as Error;
      return null;
    }
  }

  #keep(items: readonly ListedJob[]): void {
    for (const item of items) this.#jobs.set(item.id, item);
  }

  #belongs(id: string): boolean {
    const status = this.#jobs.get(id)?.status;
    // A status that only one kind has corresponds to a common status, which only the server knows.
    return this.#status === null || status === this.#status || (status !== undefined && !isCommon(status));
  }

  #changed(): void {
    this.version.value++;
  }
}

/**
 * Returns the fields of a job that an event changes. `what` is the part of the event's type after the dot, which is the same for every
 * kind.
 */
export function nextState(what: string | undefined, data: LiveEvent['data']): Partial<AnyJob> {
  switch (what) {
    case 'started':
      return {
        status: 'processing',
        progress: 0,
        queue_position: null,
        waiting_for: null,
        retry: null,
        started_at: String(data.created_at),
      };
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
      return (data.job as AnyJob | undefined) ?? { status: what };
    default:
      return {};
  }
}
