import { useCallback, useEffect, useState } from 'preact/hooks';
import { get } from '../api/client.ts';
import { type Shown, shownOf } from '../api/problem.ts';

export interface Resource<T> {
  /** The last response; undefined until the first response. The data stays while the resource is loaded again. */
  data: T | undefined;
  error: Shown | null;
  reload: () => void;
  /** Replaces the data, for example with the response to a request that changed the resource. */
  set: (data: T) => void;
}

/**
 * Loads a resource of the API, and loads it again when the path changes. A path of null loads nothing.
 * @param everyMs milliseconds after which the resource is loaded again while the page is visible
 */
export function useResource<T>(path: string | null, everyMs?: number): Resource<T> {
  const [data, set] = useState<T>();
  const [error, setError] = useState<Shown | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === null) return;
    const unmount = new AbortController();
    get<T>(path, unmount.signal).then(
      (answer) => {
        set(answer);
        setError(null);
      },
      (thrown) => {
        if (!unmount.signal.aborted) setError(shownOf(thrown));
      },
    );
    return () => unmount.abort();
  }, [path, turn]);
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => {
      if (!document.hidden) setTurn((value) => value + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  const reload = useCallback(() => setTurn((value) => value + 1), []);
  return { data, error, reload, set };
}
