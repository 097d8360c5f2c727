import { useCallback, useEffect, useState } from 'preact/hooks';
import { get } from '../api/client.ts';
import { type Shown, shownOf } from '../api/problem.ts';

export interface Resource<T> {
  /** Undefined until it has come. It stays while it is loaded again. */
  data: T | undefined;
  error: Shown | null;
  reload: () => void;
  /** Shows a change that the response to another request already contains. */
  set: (data: T) => void;
}

/** Loads a resource of the API, and again when the path changes. Null: nothing yet. */
export function useResource<T>(path: string | null): Resource<T> {
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
  const reload = useCallback(() => setTurn((value) => value + 1), []);
  return { data, error, reload, set };
}
