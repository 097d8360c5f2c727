import { signal } from '@preact/signals';
import type { LiveEvent } from '../api/live-event.ts';
import { type AnyJob, isCommon, type ListedJob } from '../lib/job.ts';

export interface JobPage {
  items: ListedJob[];
  /** Number of jobs on all pages. */
  total: number;
  /** The cursor of the next page; null on the last. */
  next: string | null;
}

/** Loads a page of `PAGE_JOBS` jobs, newest first; the first if `after` is null. */
export type LoadPage = (after: string | null) => Promise<JobPage>;

export const PAGE_JOBS = 100;

/**
 * The jobs of an account, newest first, as far down as a person has scrolled. Events change the list: a job changes in place, and new jobs
 * appear on top.
 */
export class JobList {
  /** Increases with every change. */
  readonly version = signal(0);
  /** Why the last page could not be loaded. */
  readonly error = signal<Error | null>(null);
  /** Ids of the jobs that are loaded, from the newest on. */
  #order: string[] = [];
  #jobs = new Map<string, ListedJob>();
  /** The cursor behind the last job that is loaded; null if there are no more. */
  #next: string | null = null;
  #total: number | null = null;
  #loading: Promise<void> | null = null;
  readonly #load: LoadPage;
  readonly #status: string | null;

  /** `status`: the list contains only jobs of that status. */
  constructor(load: LoadPage, status: string | null) {
    this.#load = load;
    this.#status = status;
  }

  /** Null until the first page has come. */
  get total(): number | null {
    return this.#total;
  }

  at(index: number): ListedJob | undefined {
    return this.#jobs.get(this.#order[index] ?? '');
  }

  /** Every job that is loaded, newest first. */
  loaded(): ListedJob[] {
    return this.#order.flatMap((id) => this.#jobs.get(id) ?? []);
  }

  /** Loads the jobs down to a position, page after page, until `signal` aborts. */
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
    // There are more new jobs than fit on a page, so the jobs between them and the others are unknown.
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
      // The event names neither the next attempt nor its time.
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
    // Meanwhile, a refresh has started again from the top.
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

/** The facts of an event about its job. Events of every kind have the same words after the dot. */
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
