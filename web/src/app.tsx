import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso';
import { messageOf, type Shown, shownOf } from './api/problem.ts';
import { loadSession } from './api/session.ts';
import { may, session } from './api/session-state.ts';
import { JobsPage } from './pages/jobs.tsx';
import { NotFoundPage } from './pages/not-found.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { ErrorNotice, Notice } from './ui/feedback.tsx';
import { Page } from './ui/page.tsx';
import { Shell } from './ui/shell.tsx';
import { showToast, Toasts } from './ui/toast.tsx';

const SetupPage = lazy(async () => (await import('./pages/setup.tsx')).SetupPage);
const JobPage = lazy(async () => (await import('./pages/job.tsx')).JobPage);
const NewJobPage = lazy(async () => (await import('./pages/new-job.tsx')).NewJobPage);
const KeysPage = lazy(async () => (await import('./pages/keys.tsx')).KeysPage);
const TemplatesPage = lazy(async () => (await import('./pages/templates.tsx')).TemplatesPage);
const TemplatePage = lazy(async () => (await import('./pages/template.tsx')).TemplatePage);
const BlueprintsPage = lazy(async () => (await import('./pages/blueprints.tsx')).BlueprintsPage);
const BlueprintPage = lazy(async () => (await import('./pages/blueprint.tsx')).BlueprintPage);
const BlueprintRunPage = lazy(async () => (await import('./pages/blueprint-run.tsx')).BlueprintRunPage);
const ConnectionsPage = lazy(async () => (await import('./pages/connections.tsx')).ConnectionsPage);
const WebhooksPage = lazy(async () => (await import('./pages/webhooks.tsx')).WebhooksPage);
const WebhookPage = lazy(async () => (await import('./pages/webhook.tsx')).WebhookPage);
const UsagePage = lazy(async () => (await import('./pages/usage.tsx')).UsagePage);
const OperatorPage = lazy(async () => (await import('./pages/operator.tsx')).OperatorPage);

/** Returns a page that only admins and operators may use. Other people see a reason, and no request is sent. */
function ofManagers(title: string, Shown: () => JSX.Element) {
  return () => {
    if (may('manage')) return <Shown />;
    return (
      <Page title={title}>
        <Notice tone="warn">
          <p>Only people with the role admin or operator can use this page. Ask an admin of your account for access.</p>
        </Notice>
      </Page>
    );
  };
}

const Keys = ofManagers('Keys', KeysPage);
const Connections = ofManagers('Connections', ConnectionsPage);
const Webhooks = ofManagers('Webhooks', WebhooksPage);
const Webhook = ofManagers('Webhook', WebhookPage);

/** Paths that are pages of the dashboard. Links to other paths leave the dashboard. */
const SCOPE = /^\/($|\?|sign-in|setup|jobs|new|blueprints|templates|keys|connections|webhooks|usage|operator)/;

export function App() {
  return (
    <LocationProvider scope={SCOPE}>
      <Gate />
      <Toasts />
    </LocationProvider>
  );
}

/** Shows the page of the path. Without a session, only sign-in and set-up are available. */
function Gate() {
  const { path } = useLocation();
  const [error, setError] = useState<Shown | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    setError(null);
    loadSession().catch((thrown) => setError(shownOf(thrown)));
  }, [turn]);

  if (path === '/setup') {
    return (
      <ErrorBoundary>
        <SetupPage />
      </ErrorBoundary>
    );
  }
  if (session.value) return <Pages />;
  if (session.value === null) return <SignInPage />;
  return (
    <main class="gate" aria-busy={!error}>
      {error && <ErrorNotice error={error} onRetry={() => setTurn((value) => value + 1)} />}
    </main>
  );
}

function Pages() {
  return (
    <Shell>
      <ErrorBoundary onError={(error) => showToast(messageOf(error))}>
        <Router onRouteChange={() => scrollTo(0, 0)}>
          <Route path="/" component={JobsPage} />
          <Route path="/jobs" component={JobsPage} />
          <Route path="/sign-in" component={JobsPage} />
          <Route path="/jobs/:id" component={JobPage} />
          <Route path="/jobs/:path/:id" component={JobPage} />
          <Route path="/jobs/blueprints/runs/:id" component={BlueprintRunPage} />
          <Route path="/blueprints" component={BlueprintsPage} />
          <Route path="/blueprints/:slug" component={BlueprintPage} />
          <Route path="/new" component={NewJobPage} />
          <Route path="/templates" component={TemplatesPage} />
          <Route path="/templates/:name" component={TemplatePage} />
          <Route path="/keys" component={Keys} />
          <Route path="/connections" component={Connections} />
          <Route path="/webhooks" component={Webhooks} />
          <Route path="/webhooks/:id" component={Webhook} />
          <Route path="/usage" component={UsagePage} />
          <Route path="/operator" component={OperatorPage} />
          <Route path="/operator/:page" component={OperatorPage} />
          <Route default component={NotFoundPage} />
        </Router>
      </ErrorBoundary>
    </Shell>
  );
}
