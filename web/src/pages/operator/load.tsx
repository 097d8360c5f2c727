import type { ComponentChildren } from 'preact';
import { Button } from '../../ui/button.tsx';
import { ErrorNotice, Skeleton } from '../../ui/feedback.tsx';
import { Page } from '../../ui/page.tsx';
import { type Resource, useResource } from '../../ui/resource.ts';

interface LoadedProps<T> {
  title: string;
  lead: string;
  path: string;
  actions?: ComponentChildren;
  /** Whether the page reads the response again and again. Otherwise, a button reads the response again. */
  isLive?: boolean;
  children: (data: T, resource: Resource<T>) => ComponentChildren;
}

/** Milliseconds after which a page with `isLive` reads the response again. */
const LIVE_MS = 3000;

/** A page that shows the response to one request of the API. */
export function Loaded<T>({ title, lead, path, actions, isLive = false, children }: LoadedProps<T>) {
  const resource = useResource<T>(path, isLive ? LIVE_MS : undefined);
  const { data, error, reload } = resource;
  return (
    <Page
      title={title}
      lead={lead}
      actions={
        <>
          {isLive ? (
            <span class="live-note">Live</span>
          ) : (
            <Button icon="refresh" onClick={reload}>
              Refresh
            </Button>
          )}
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
