import type { WorkerView } from '../../../../src/contract/admin.ts';
import type { HistoryPoint } from '../../../../src/contract/history.ts';
import { patch } from '../../api/client.ts';
import { countText } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Badge, Bar, Empty, type Tone } from '../../ui/feedback.tsx';
import { Ago } from '../../ui/time.tsx';
import { History } from './history.tsx';
import { Loaded } from './load.tsx';
import { shortVersion } from './security.tsx';

const TESTS: Record<WorkerView['self_test'], Tone> = { passed: 'ok', failed: 'bad', running: 'run' };

const MEASURES = [
  { label: 'Running jobs', of: ({ running }: HistoryPoint) => running },
  { label: 'Slots', of: ({ slots }: HistoryPoint) => slots },
] as const;

export function WorkersPage() {
  return (
    <Loaded<{ items: WorkerView[] }>
      title="Workers"
      lead="Processes that run jobs. A worker that drains finishes its jobs, and claims no new ones."
      path="/v1/admin/workers"
      isLive
    >
      {({ items }, { set }) =>
        items.length === 0 ? (
          <div class="card">
            <Empty icon="workers" title="No worker is alive">
              <p>
                Jobs wait until a worker runs. To start one, run <code>./airlock up</code>. To find out why none runs,
                run <code>./airlock doctor</code>.
              </p>
            </Empty>
          </div>
        ) : (
          <>
            <History measures={MEASURES} text={countText} />
            <div class="tiles wide">
              {items.map((worker) => (
                <WorkerCard
                  key={worker.id}
                  worker={worker}
                  onChange={(changed) => set({ items: items.map((one) => (one.id === changed.id ? changed : one)) })}
                />
              ))}
            </div>
          </>
        )
      }
    </Loaded>
  );
}

function WorkerCard({ worker, onChange }: { worker: WorkerView; onChange: (worker: WorkerView) => void }) {
  const drain = async () => {
    const body = { draining: !worker.drain_requested };
    onChange(await patch<WorkerView>(`/v1/admin/workers/${worker.id}`, body));
  };
  const isDraining = worker.draining || worker.drain_requested;
  return (
    <section class="card" aria-label={`Worker ${worker.id}`}>
      <div class="card-head">
        <h2 class="mono">{worker.id.slice(-12)}</h2>
        <Badge tone={isDraining ? 'warn' : 'ok'}>{isDraining ? 'Draining' : 'Claims jobs'}</Badge>
      </div>
      <div class="card-body">
        <div class="field">
          <span class="account-row">
            <span class="muted small">Load</span>
            <span class="small">
              {worker.running} of {worker.slots} slots
            </span>
          </span>
          <Bar value={worker.slots === 0 ? 0 : worker.running / worker.slots} label="Slots in use" />
        </div>
        <dl class="facts">
          <dt>Long encodes</dt>
          <dd>{worker.heavy_slots === null ? '–' : `${worker.heavy_slots} at once`}</dd>
          <dt>Sandbox</dt>
          <dd>
            {worker.tier} <Badge tone={TESTS[worker.self_test]}>self-test {worker.self_test}</Badge>
          </dd>
          <dt>FFmpeg</dt>
          <dd>{shortVersion(worker.ffmpeg)}</dd>
          <dt>Airlock</dt>
          <dd>{worker.version}</dd>
          <dt>Heartbeat</dt>
          <dd>
            <Ago at={worker.heartbeat_at} />
          </dd>
          <dt>Started</dt>
          <dd>
            <Ago at={worker.started_at} />
          </dd>
        </dl>
        <div>
          <Button onClick={drain}>{isDraining ? 'Take jobs again' : 'Drain'}</Button>
        </div>
      </div>
    </section>
  );
}
