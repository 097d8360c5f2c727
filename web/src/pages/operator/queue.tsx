import type { QueueView } from '../../../../src/contract/admin.ts';
import { countText, durationText } from '../../lib/format.ts';
import { Card } from '../../ui/page.tsx';
import { Loaded } from './load.tsx';
import { Tile } from './tile.tsx';

export function QueuePage() {
  return (
    <Loaded<QueueView> title="Queue" lead="Waiting and running jobs of all accounts." path="/v1/admin/queue">
      {({ waiting, running, lanes, accounts, stranded }) => (
        <>
          <div class="tiles">
            <Tile label="Waiting" value={countText(waiting)} />
            <Tile label="Running" value={countText(running)} />
            <Tile
              label="Oldest waits"
              value={
                waiting > 0 ? durationText(Math.max(0, ...lanes.map(({ oldest_seconds: seconds }) => seconds))) : '–'
              }
            />
          </div>
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
          <Card title="By class" flush>
            <Counts
              name="Class"
              rows={lanes.map((lane) => ({ ...lane, more: lane.waiting ? durationText(lane.oldest_seconds) : '–' }))}
              more="Oldest waits"
            />
          </Card>
          <Card title="By account" flush>
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
