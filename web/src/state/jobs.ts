import { get } from '../api/client.ts';
import { onEvents } from '../api/events.ts';
import { loadBlueprintTitles } from './blueprint-titles.ts';
import { JobList, type JobPage, PAGE_JOBS } from './job-list.ts';
import { loadKinds } from './kinds.ts';

/** Minimum milliseconds between two refreshes, regardless of how many events arrive. */
const REFRESH_MS = 1000;

/** Opens the list of jobs of every kind, or of one kind. Events keep the list current until it is closed. */
export function openJobs(filter: { status: string | null; kind: string | null }): { list: JobList; close: () => void } {
  const load = async (after: string | null) => {
    const query = new URLSearchParams({ limit: String(PAGE_JOBS) });
    for (const [name, value] of Object.entries({ ...filter, after })) if (value !== null) query.set(name, value);
    const [page] = await Promise.all([get<JobPage>(`/v1/jobs?${query}`), loadKinds()]);
    if (page.items.some(({ blueprint }) => blueprint !== undefined)) void loadBlueprintTitles();
    return page;
  };
  const list = new JobList(load, filter.status);
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = 0;
  const refresh = () => {
    timer = null;
    last = Date.now();
    void list.refresh();
  };
  refresh();
  const stop = onEvents((events) => {
    if (!list.apply(events) || timer !== null) return;
    timer = setTimeout(refresh, Math.max(50, last + REFRESH_MS - Date.now()));
  });
  const close = () => {
    stop();
    if (timer !== null) clearTimeout(timer);
  };
  return { list, close };
}
