import type { QueueView } from '../../../../src/contract/admin.ts';
import type { HistoryPoint } from '../../../../src/contract/history.ts';
import { countText, durationText } from '../../lib/format.ts';
import { Card } from '../../ui/page.tsx';
import { History } from './history.tsx';
import { Loaded } from './load.tsx';
import { Tile } from './tile.tsx';

/** The state of the queue. `awaiting` is absent in responses of earlier releases, which include these jobs in `waiting`. */
type Queue = QueueView & { awaiting?: number };

const MEASURES = [
  { label: 'Running', of: ({ running }: HistoryPoint) => running },
  { label: 'Waiting', of: ({ waiting }: HistoryPoint) => waiting },
] as const;

export function QueuePage() {
  return (
    <Loaded<Queue> title="Queue" lead="Waiting and running jobs of all accounts." path="/v1/admin/queue" isLive>
      {({ waiting, awaiting = 0, running, lanes, accounts, stranded }) => (
        <>
          <div class="tiles">
            <Tile label="Waiting" value={countText(waiting)}>
              <span class="muted small">for a worker</span>
            </Tile>
            <Tile label="Running" value={countText(running)}>
              <span class="muted small">on all workers</span>
            </Tile>
            <Tile label="Paused" value={countText(awaiting)}>
              <span class="muted small">for child jobs, a review or an upload</span>
            </Tile>
            <Tile
              label="Oldest waits"
              value={
                waiting > 0 ? durationText(Math.max(0, ...lanes.map(({ oldest_seconds: seconds }) => seconds))) : '–'
              }
            >
              <span class="muted small">longest wait for a worker</span>
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
              name="Class"
              rows={lanes.map((lane) => ({ ...lane, more: lane.waiting ? durationText(lane.oldest_seconds) : '–' }))}
              more="Oldest waits"
            />
          </Card>
          <Card title="Accounts" flush>
            {accounts.length === 0 ? (
              <p class="card-body muted">No account has any jobs.</p>
            ) : (
              <Counts name="Account" rows={accounts} />
            )}
          </Card>
        </>
      )}
    </Loaded>
  );
}

interface CountsProps {
  name: string;
  rows: readonly { name: string; waiting: number; running: number; more?: string }[];
  more?: string;
}

function Counts({ name, rows, more }: CountsProps) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{name}</th>
          <th scope="col" class="number">
            Waiting
          </th>
          <th scope="col" class="number">
            Running
          </th>
          {more && (
            <th scope="col" class="number">
              {more}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            <td class="number">{countText(row.waiting)}</td>
            <td class="number">{countText(row.running)}</td>
            {more && <td class="number">{row.more}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
