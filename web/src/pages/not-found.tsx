import { LinkButton } from '../ui/button.tsx';
import { Empty } from '../ui/feedback.tsx';
import { Page } from '../ui/page.tsx';

export function NotFoundPage() {
  return (
    <Page title="Not found">
      <Empty icon="search" title="There is no such page">
        <p>The address may be mistyped, or the page has moved.</p>
        <LinkButton href="/jobs">Back to the jobs</LinkButton>
      </Empty>
    </Page>
  );
}
