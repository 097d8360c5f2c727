import { useState } from 'preact/hooks';
import type { Usage } from '../../../src/contract/usage.ts';
import { serverNow } from '../lib/clock.ts';
import { bytesText, countText } from '../lib/format.ts';
import { Bar, ErrorNotice, Skeleton, type Tone } from '../ui/feedback.tsx';
import { Card, Page } from '../ui/page.tsx';
import { useResource } from '../ui/resource.ts';
import { Tile } from '../ui/tile.tsx';
import { DayChart } from './usage/day-chart.tsx';

export function UsagePage() {
  const [period, setPeriod] = useState(() => new Date(serverNow()).toISOString().slice(0, 7));
  const { data, error, reload } = useResource<Usage>(`/v1/account/usage?period=${period}`);
  const month = (
    <input
      class="input"
      type="month"
      aria-label="Month"
      value={period}
      max={new Date(serverNow()).toISOString().slice(0, 7)}
      onChange={(event) => event.currentTarget.value && setPeriod(event.currentTarget.value)}
    />
  );
  return (
    <Page title="Usage" lead="What this account has used in a month, in UTC." actions={month}>
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={6} />}
      {data && (
        <>
          <div class="tiles">
            <UsageTile label="Minutes" used={data.usage.minutes} limit={data.quota.minutes} text={countText} />
            <UsageTile label="Jobs" used={data.usage.jobs} limit={null} text={countText} />
            <UsageTile label="Stored" used={data.usage.stored_bytes} limit={data.quota.stored_bytes} text={bytesText} />
          </div>
          <Card title="Minutes a day">
            <DayChart month={data.period} days={data.usage.by_day} measure="minutes" />
          </Card>
          <Card title="Jobs a day">
            <DayChart month={data.period} days={data.usage.by_day} measure="jobs" />
          </Card>
        </>
      )}
    </Page>
  );
}

interface UsageTileProps {
  label: string;
  used: number;
  limit: number | null;
  text: (value: number) => string;
}

function UsageTile({ label, used, limit, text }: UsageTileProps) {
  const part = limit === null ? 0 : used / limit;
  const tone: Tone = part >= 1 ? 'bad' : part >= 0.8 ? 'warn' : '';
  return (
    <Tile label={label} value={text(used)}>
      {limit === null ? (
        <span class="muted small">No limit</span>
      ) : (
        <>
          <Bar value={part} tone={tone} label={`${label} used`} />
          <span class="muted small">
            of {text(limit)}, {text(Math.max(0, limit - used))} left
          </span>
        </>
      )}
    </Tile>
  );
}
