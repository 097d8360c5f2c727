import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import type { HistoryPoint, HistoryView } from '../../../../src/contract/history.ts';
import { serverNow } from '../../lib/clock.ts';
import { Card } from '../../ui/page.tsx';
import { labelWidth, Plot, type PlotStyle } from '../../ui/plot.tsx';
import { useResource } from '../../ui/resource.ts';

/** Height in pixels. */
const HEIGHT = 150;
/** Number of seconds in an hour. */
const HOUR = 3600;
const RELOAD_MS = 60_000;

export interface Measure {
  label: string;
  of: (point: HistoryPoint) => number | null;
}

interface HistoryProps {
  /** The first measure is drawn as an area, the second as a line. Later renderings must pass the same measures. */
  measures: readonly [Measure, Measure?];
  text: (value: number) => string;
}

/** A drawing of how figures of the server have changed in the last hour. Shows nothing until there are two points. */
export function History({ measures, text }: HistoryProps) {
  const { data } = useResource<HistoryView>('/v1/admin/history', RELOAD_MS);
  const points = data?.points ?? [];
  const [area, line] = measures;
  const series = line ? [area, line] : [area];
  const columns = useMemo<uPlot.AlignedData>(
    () => [points.map(({ at }) => Date.parse(at) / 1000), ...series.map(({ of }) => points.map(of))],
    [data],
  );
  const options = useMemo(() => (style: PlotStyle) => linesOf(text, series.length, style), [text]);
  if (points.length < 2) return null;
  return (
    <Card title="Last hour">
      <ul class="legend">
        {series.map(({ label, of }, index) => (
          <li key={label} class={index === 0 ? 'area' : 'line'}>
            {label} <span class="muted">{rangeText(points.map(of), text)}</span>
          </li>
        ))}
      </ul>
      <Plot height={HEIGHT} data={columns} options={options} />
    </Card>
  );
}

/** Returns the range of the values, such as `0 to 12`. */
function rangeText(values: readonly (number | null)[], text: (value: number) => string): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return 'unknown';
  const least = text(Math.min(...known));
  const most = text(Math.max(...known));
  return least === most ? least : `${least} to ${most}`;
}

function linesOf(text: (value: number) => string, count: number, { axis, accent, soft }: PlotStyle) {
  const hour = () => {
    const now = serverNow() / 1000;
    return [now - HOUR, now] as [number, number];
  };
  const area = { stroke: accent, fill: soft, width: 2, points: { show: false } };
  const line = { stroke: axis.stroke!, dash: [4, 4], width: 1.5, points: { show: false } };
  return {
    scales: {
      x: { time: true, range: hour },
      y: { range: (_chart: uPlot, _min: number, max: number) => [0, Math.max(1, max * 1.15)] as [number, number] },
    },
    axes: [
      { ...axis, size: 28, grid: { show: false }, values: (_chart: uPlot, splits: number[]) => splits.map(clockText) },
      {
        ...axis,
        size: labelWidth,
        space: 36,
        values: (_chart: uPlot, splits: number[]) => splits.map((value) => (value % 1 ? '' : text(value))),
      },
    ],
    series: [{}, ...[area, line].slice(0, count)],
  };
}

function clockText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}
