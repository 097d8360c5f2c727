import { useState } from 'preact/hooks';
import type { WebhookView } from '../../../src/contract/webhooks.ts';
import { Button } from '../ui/button.tsx';
import { Secret } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Badge, Empty, ErrorNotice, Notice, Skeleton } from '../ui/feedback.tsx';
import { Page } from '../ui/page.tsx';
import { useResource } from '../ui/resource.ts';
import { Ago } from '../ui/time.tsx';
import { CreateWebhookDialog } from './webhooks/create.tsx';
import { stateOf } from './webhooks/state.ts';

export function WebhooksPage() {
  const { data, error, reload } = useResource<{ items: WebhookView[] }>('/v1/webhooks');
  const [isCreating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const create = (
    <Button icon="plus" look="main-action" onClick={() => setCreating(true)}>
      Add webhook
    </Button>
  );
  return (
    <Page title="Webhooks" lead="URLs that receive events, signed by the rules of Standard Webhooks." actions={create}>
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={4} />}
      {data?.items.length === 0 && (
        <div class="card">
          <Empty icon="webhook" title="No webhooks yet">
            <p>A webhook notifies your program when a job ends, so that it doesn't have to poll.</p>
            {create}
          </Empty>
        </div>
      )}
      {data && data.items.length > 0 && (
        <div class="card table-scroll">
          <WebhookTable webhooks={data.items} />
        </div>
      )}
      {isCreating && (
        <CreateWebhookDialog
          onMade={(made) => {
            setCreating(false);
            setSecret(made.secret);
            reload();
          }}
          onClose={() => setCreating(false)}
        />
      )}
      {secret && <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
    </Page>
  );
}

function WebhookTable({ webhooks }: { webhooks: readonly WebhookView[] }) {
  return (
    <table class="table stacked">
      <thead>
        <tr>
          <th scope="col">URL</th>
          <th scope="col">State</th>
          <th scope="col">Events</th>
          <th scope="col">Created</th>
        </tr>
      </thead>
      <tbody>
        {webhooks.map((webhook) => {
          const { text, tone } = stateOf(webhook);
          return (
            <tr key={webhook.id}>
              <th scope="row">
                <a class="wrap-anywhere" href={`/webhooks/${webhook.id}`}>
                  {webhook.url}
                </a>
                {webhook.description && <div class="muted small">{webhook.description}</div>}
              </th>
              <td data-label="State">
                <Badge tone={tone}>{text}</Badge>
              </td>
              <td data-label="Events">{webhook.types?.length ?? 'all'}</td>
              <td data-label="Created">
                <Ago at={webhook.created_at} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Shows a secret, which cannot be shown again. */
export function SecretDialog({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog title="Secret of the webhook" onClose={onClose} dismissible={false}>
      <Notice tone="warn">
        <p>Copy it now, because Airlock does not show it again. Your program needs it to verify deliveries.</p>
      </Notice>
      <Secret text={secret} label="secret" />
      <div class="dialog-foot">
        <Button look="main-action" onClick={onClose}>
          I have copied it
        </Button>
      </div>
    </Dialog>
  );
}
