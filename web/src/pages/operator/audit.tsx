import { useState } from 'preact/hooks';
import type { AuditPage } from '../../../../src/contract/admin.ts';
import { get } from '../../api/client.ts';
import { countText } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Badge, ErrorNotice, Notice, Skeleton } from '../../ui/feedback.tsx';
import { Page } from '../../ui/page.tsx';
import { useResource } from '../../ui/resource.ts';
import { Ago } from '../../ui/time.tsx';

type Entry = AuditPage['entries'][number];

/** Maximum number of entries in one response. */
const LIMIT = 100;

export function AuditLogPage() {
  const { data, error, reload } = useResource<AuditPage>(`/v1/admin/audit?limit=${LIMIT}`);
  const [older, setOlder] = useState<readonly AuditPage[]>([]);
  const [verification, setVerification] = useState<AuditPage['verification']>(null);
  const verify = async () =>
    setVerification((await get<AuditPage>('/v1/admin/audit?limit=1&verify=true')).verification);
  const pages = data ? [data, ...older] : [];
  const next = pages.at(-1)?.next ?? null;
  const more = async () => setOlder([...older, await get<AuditPage>(`/v1/admin/audit?limit=${LIMIT}&after=${next}`)]);
  return (
    <Page
      title="Audit log"
      lead="Who did what, in a chain of hashes that shows any later change."
      actions={
        <Button icon="shield" onClick={verify}>
          Verify
        </Button>
      }
    >
      <div class="live" aria-live="polite">
        {verification && <Verified verification={verification} />}
      </div>
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={8} />}
      {data && (
        <div class="card table-scroll">
          <EntryTable entries={pages.flatMap(({ entries }) => entries)} />
          {next !== null && (
            <div class="pager">
              <Button onClick={more}>Older entries</Button>
            </div>
          )}
        </div>
      )}
    </Page>
  );
}

function Verified({ verification }: { verification: NonNullable<AuditPage['verification']> }) {
  const { ok, entries, checkpoints, broken_at: brokenAt, problem } = verification;
  if (ok) {
    return (
      <Notice tone="ok">
        <p>
          The log is unchanged: {countText(entries)} entries and {countText(checkpoints)} signed heads match.
        </p>
      </Notice>
    );
  }
  return (
    <Notice tone="bad" title={`The log has been changed${brokenAt === null ? '' : ` at entry ${brokenAt}`}`}>
      <p>{problem}</p>
      <p>
        Somebody changed rows in the database directly. Compare the log with your latest backup, and check who can
        connect to the database.
      </p>
    </Notice>
  );
}

function EntryTable({ entries }: { entries: readonly Entry[] }) {
  return (
    <table class="table stacked">
      <thead>
        <tr>
          <th scope="col">Action</th>
          <th scope="col">Who</th>
          <th scope="col">To what</th>
          <th scope="col">Details</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.seq}>
            <th scope="row">
              {entry.action} {entry.result !== 'ok' && <Badge tone="bad">{entry.result}</Badge>}
            </th>
            <td data-label="Who" class="mono">
              {shortId(entry.actor)}
              {entry.ip && <div class="muted">{entry.ip}</div>}
            </td>
            <td data-label="To what" class="mono">
              {entry.target ? shortId(entry.target) : '–'}
            </td>
            <td data-label="Details" class="mono wrap-anywhere">
              {Object.keys(entry.details).length > 0 ? JSON.stringify(entry.details) : '–'}
            </td>
            <td data-label="When">
              <Ago at={entry.at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Shortens a UUID to its last 8 characters, which differ most: `key:…5d8c1e4f`. */
function shortId(text: string): string {
  return text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, (id) => `…${id.slice(-8)}`);
}
