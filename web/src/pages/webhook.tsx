import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import type { WebhookView } from '../../../src/contract/webhooks.ts';
import { patch, post, remove } from '../api/client.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/dialog.tsx';
import { Badge, ErrorNotice, Skeleton } from '../ui/feedback.tsx';
import { SelectField } from '../ui/field.tsx';
import { Card, Page } from '../ui/page.tsx';
import { useResource } from '../ui/resource.ts';
import { Ago, Due } from '../ui/time.tsx';
import { showToast } from '../ui/toast.tsx';
import { Deliveries } from './webhooks/deliveries.tsx';
import { stateOf } from './webhooks/state.ts';
import { SecretDialog } from './webhooks.tsx';

/** The question that the page asks before it changes the webhook. */
type Question = 'rotate' | 'delete';

export function WebhookPage() {
  const { id } = useRoute().params;
  const path = `/v1/webhooks/${id}`;
  const { data: webhook, error, reload, set } = useResource<WebhookView>(path);
  const [dialog, setDialog] = useState<Question | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  if (!webhook) {
    return (
      <Page title="Webhook">{error ? <ErrorNotice error={error} onRetry={reload} /> : <Skeleton lines={6} />}</Page>
    );
  }
  return (
    <Page
      title={webhook.description || 'Webhook'}
      lead={<span class="mono wrap-anywhere">{webhook.url}</span>}
      actions={
        <WebhookActions
          path={path}
          webhook={webhook}
          onTested={() => setTurn(turn + 1)}
          onChanged={set}
          onAsk={setDialog}
        />
      }
    >
      <AboutWebhook webhook={webhook} />
      <Deliveries key={turn} webhookId={webhook.id} />
      {dialog === 'rotate' && (
        <RotateSecretDialog
          path={path}
          onMade={(made) => {
            setSecret(made);
            setDialog(null);
            reload();
          }}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === 'delete' && <DeleteDialog path={path} onClose={() => setDialog(null)} />}
      {secret && <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
    </Page>
  );
}

interface ActionsProps {
  path: string;
  webhook: WebhookView;
  onTested: () => void;
  onChanged: (webhook: WebhookView) => void;
  onAsk: (question: Question) => void;
}

function WebhookActions({ path, webhook, onTested, onChanged, onAsk }: ActionsProps) {
  const test = async () => {
    await post(`${path}/test`);
    showToast('A test event is on its way.');
    onTested();
  };
  return (
    <>
      <Button onClick={test}>Send a test</Button>
      <Button onClick={async () => onChanged(await patch<WebhookView>(path, { enabled: !webhook.enabled }))}>
        {webhook.enabled ? 'Pause' : 'Enable'}
      </Button>
      <Button icon="refresh" onClick={() => onAsk('rotate')}>
        Rotate secret
      </Button>
      <Button icon="trash" look="danger" onClick={() => onAsk('delete')}>
        Delete
      </Button>
    </>
  );
}

function AboutWebhook({ webhook }: { webhook: WebhookView }) {
  const { text, tone } = stateOf(webhook);
  return (
    <Card title="About">
      <dl class="facts">
        <dt>State</dt>
        <dd>
          <Badge tone={tone}>{text}</Badge>
        </dd>
        <dt>Events</dt>
        <dd>
          <span class="tags">
            {webhook.types?.map((type) => (
              <span class="tag" key={type}>
                {type}
              </span>
            )) ?? 'all'}
          </span>
        </dd>
        {webhook.failing_since && (
          <>
            <dt>Failing since</dt>
            <dd>
              <Ago at={webhook.failing_since} />
            </dd>
          </>
        )}
        {webhook.old_secret_until && (
          <>
            <dt>Old secret</dt>
            <dd>
              also signs, and expires <Due at={webhook.old_secret_until} />
            </dd>
          </>
        )}
      </dl>
    </Card>
  );
}

const OVERLAPS = [
  ['0', 'At once'],
  ['3600', 'In an hour'],
  ['86400', 'In a day'],
  ['604800', 'In a week'],
] as const;

interface RotateSecretProps {
  path: string;
  onMade: (secret: string) => void;
  onClose: () => void;
}

function RotateSecretDialog({ path, onMade, onClose }: RotateSecretProps) {
  const [overlap, setOverlap] = useState<(typeof OVERLAPS)[number][0]>('86400');
  const rotate = async () => {
    const body = { overlap_seconds: Number(overlap) };
    onMade((await post<{ secret: string }>(`${path}/rotate`, body)).secret);
  };
  return (
    <Confirm title="Rotate the secret" action="Rotate" onConfirm={rotate} onClose={onClose}>
      <p>
        While both secrets are valid, Airlock signs deliveries with both, so you don’t lose any deliveries while you
        update your program.
      </p>
      <SelectField label="The old secret ends" value={overlap} choices={OVERLAPS} onChange={setOverlap} />
    </Confirm>
  );
}

function DeleteDialog({ path, onClose }: { path: string; onClose: () => void }) {
  const { route } = useLocation();
  const confirm = async () => {
    await remove(path);
    route('/webhooks');
  };
  return (
    <Confirm title="Delete this webhook?" action="Delete" danger onConfirm={confirm} onClose={onClose}>
      <p>This also deletes its deliveries, including pending deliveries.</p>
    </Confirm>
  );
}
