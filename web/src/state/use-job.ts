import { useEffect, useState } from 'preact/hooks';
import { onEvents } from '../api/events.ts';
import { type Shown, shownOf } from '../api/problem.ts';
import type { AnyJob } from '../lib/job.ts';
import { type Resource, useResource } from '../ui/resource.ts';
import { nextState } from './job-list.ts';
import { loadKinds } from './kinds.ts';

/** Returns a job of any kind, which events keep current. `path` is the path of the kind, as in `/v1/{path}`. */
export function useJob(path: string, id: string): Omit<Resource<AnyJob>, 'data'> & { job: AnyJob | undefined } {
  const { data, error, reload, set } = useResource<AnyJob>(`/v1/${path}/${id}`);
  const [failure, setFailure] = useState<Shown | null>(null);
  /** The facts that events have reported since the job was read. */
  const [news, setNews] = useState<Partial<AnyJob>>({});
  useEffect(() => {
    loadKinds().catch((thrown) => setFailure(shownOf(thrown)));
  }, []);
  useEffect(() => setNews({}), [data]);
  useEffect(
    () =>
      onEvents((events) => {
        const mine = events.filter(({ data }) => data.job_id === id);
        const changes = mine.map(({ type, data }) => nextState(type.split('.')[1], data));
        if (changes.length > 0) setNews((before) => Object.assign({}, before, ...changes));
        // Events contain few fields of a job, so the job is read again after every event except progress.
        const isStale = mine.some(({ type }) => !type.endsWith('.progress'));
        if (isStale || events.some(({ type }) => type === 'stream.open')) reload();
      }),
    [id, reload],
  );
  return { job: data && { ...data, ...news }, error: error ?? failure, reload, set };
}
