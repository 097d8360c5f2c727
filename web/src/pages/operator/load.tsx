import type { ComponentChildren } from 'preact';
import { Button } from '../../ui/button.tsx';
import { ErrorNotice, Skeleton } from '../../ui/feedback.tsx';
import { Page } from '../../ui/page.tsx';
import { type Resource, useResource } from '../../ui/resource.ts';

interface LoadedProps<T> {
  title: string;
  lead: string;
  path: string;
  /** Next to the button that reads the response again. */
  actions?: ComponentChildren;
  children: (data: T, resource: Resource<T>) => ComponentChildren;
}

/** A page that shows one response of the API, as of when it was read. */
export function Loaded<T>({ title, lead, path, actions, children }: LoadedProps<T>) {
  const resource = useResource<T>(path);
  const { data, error, reload } = resource;
  return (
    <Page
      title={title}
      lead={lead}
      actions={
        <>
          <Button icon="refresh" onClick={reload}>
            Refresh
          </Button>
          {actions}
        </>
      }
    >
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={6} />}
      {data && children(data, resource)}
    </Page>
  );
}
