import { useEffect, useState } from 'preact/hooks';
import type { Job } from '../../../src/contract/transcodes.ts';
import { onEvents } from '../api/events.ts';
import { type Resource, useResource } from '../ui/resource.ts';
import { nextState } from './job-list.ts';

/** A job that is kept current by events. */
export function useJob(id: string): Omit<Resource<Job>, 'data'> & { job: Job | undefined } {
  const { data, error, reload, set } = useResource<Job>(`/v1/transcodes/${id}`);
  /** What events have said since the job was read. */
  const [news, setNews] = useState<Partial<Job>>({});
  useEffect(() => setNews({}), [data]);
  useEffect(
    () =>
      onEvents((events) => {
        const mine = events.filter(({ data }) => data.job_id === id);
        const changes = mine.map(({ type, data }) => nextState(type.split('.')[1], data) as Partial<Job>);
        if (changes.length > 0) setNews((before) => Object.assign({}, before, ...changes));
        // Events say little; the other fields of the job are read when it begins, ends or is erased.
        const isStale = mine.some(({ type }) => !/\.(progress|output_ready)$/.test(type));
        if (isStale || events.some(({ type }) => type === 'stream.open')) reload();
      }),
    [id, reload],
  );
  return { job: data && { ...data, ...news }, error, reload, set };
}
