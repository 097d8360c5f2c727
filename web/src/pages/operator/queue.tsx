import type { QueueView } from '../../../../src/contract/admin.ts';
import type { HistoryPoint } from '../../../../src/contract/history.ts';
import { countText, durationText } from '../../lib/format.ts';
import { Card } from '../../ui/page.tsx';
import { Tile } from '../../ui/tile.tsx';
import { History } from './history.tsx';
import { Loaded } from './load.tsx';

const MEASURES = [
  { label: 'Running', of: ({ running }: HistoryPoint) => running },
  { label: 'Waiting', of: ({ waiting }: HistoryPoint) => waiting },
] as const;

export function QueuePage() {
  return (
    <Loaded<QueueView> title="Queue" lead="Unfinished jobs of all accounts." path="/v1/admin/queue" isLive>
      {({ waiting, awaiting, running, lanes, accounts, stranded }) => (
        <>
          <div class="tiles">
            <Tile label="Waiting" value={countText(waiting)}>
              <span class="muted small">for a worker</span>
            </Tile>
            <Tile label="Running" value={countText(running)}>
              <span class="muted small">on all workers</span>
            </Tile>
            <Tile label="Awaiting" value={countText(awaiting)}>
              <span class="muted small">child jobs, deliveries, a review or an upload</span>
            </Tile>
            <Tile
              label="Longest wait"
              value={waitText(Math.max(0, ...lanes.map(({ oldest_seconds: seconds }) => seconds)))}
            >
              <span class="muted small">for a worker</span>
            </Tile>
          </div>
          <History measures={MEASURES} text={countText} />
          {stranded.length > 0 && (
            <Card title="Jobs that no worker can run">
              <ul>
                {stranded.map(({ kind, needs, jobs }) => (
                  <li key={[kind, ...needs].join(' ')}>
                    {countText(jobs)} waiting, of the kind {[kind, ...needs].join(' with ')}
                  </li>
                ))}
              </ul>
            </Card>
          )}
          <Card title="Resource classes" flush>
            <Counts
              title="Class"
              rows={lanes.map((lane) => ({
                name: lane.name,
                figures: { ...countsOf(lane), 'Longest wait': waitText(lane.oldest_seconds) },
              }))}
            />
          </Card>
          <Card title="Accounts" flush>
            {accounts.length === 0 ? (
              <p class="card-body muted">No account has any jobs.</p>
            ) : (
              <Counts title="Account" rows={accounts.map((one) => ({ name: one.name, figures: countsOf(one) }))} />
            )}
          </Card>
        </>
      )}
    </Loaded>
  );
}

/** The server sends 0 seconds if no job waits. */
function waitText(seconds: number): string {
  return seconds > 0 ? durationText(seconds) : '–';
}

/** The numbers of unfinished jobs by the heads of their columns. */
function countsOf({ waiting, running, awaiting }: Pick<QueueView, 'waiting' | 'running' | 'awaiting'>) {
  return { Waiting: countText(waiting), Running: countText(running), Awaiting: countText(awaiting) };
}

interface CountsProps {
  title: string;
  /** At least one. All rows have the same figures. */
  rows: readonly { name: string; figures: Readonly<Record<string, string>> }[];
}

function Counts({ title, rows }: CountsProps) {
  return (
    <table class="table stacked">
      <thead>
        <tr>
          <th scope="col">{title}</th>
          {Object.keys(rows[0]!.figures).map((label) => (
            <th scope="col" class="number" key={label}>
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, figures }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {Object.entries(figures).map(([label, text]) => (
              <td class="number" key={label} data-label={label}>
                {text}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
