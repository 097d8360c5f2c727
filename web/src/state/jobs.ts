import { get } from '../api/client.ts';
import { onEvents } from '../api/events.ts';
import { JobList, type JobPage, PAGE_JOBS, type Status } from './job-list.ts';

/** Shortest pause between two refreshes, however many events arrive. */
const REFRESH_MS = 1000;

/** Opens the list of jobs, kept current by events until it is closed. */
export function openJobs(status: Status | null): { list: JobList; close: () => void } {
  const filter = status === null ? '' : `&status=${status}`;
  const load = (page: number) => get<JobPage>(`/v1/transcodes?limit=${PAGE_JOBS}&page=${page}${filter}`);
  const list = new JobList(load, status);
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
