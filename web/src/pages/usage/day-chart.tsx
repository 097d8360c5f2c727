import { useMemo } from 'preact/hooks';
import uPlot from 'uplot';
import { countText } from '../../lib/format.ts';
import { labelWidth, Plot, type PlotStyle } from '../../ui/plot.tsx';
import { type Day, fillMonth, namedDays } from './days.ts';

/** Height in pixels. */
const HEIGHT = 220;
/** Number of seconds in a day. */
const DAY = 86_400;

interface DayChartProps {
  /** Month as `2026-12`. */
  month: string;
  /** Days with jobs. */
  days: readonly Day[];
  measure: 'jobs' | 'minutes';
}

/** A chart with a bar for each day of the month. A table contains the same numbers for people who cannot see the bars. */
export function DayChart({ month, days, measure }: DayChartProps) {
  const filled = useMemo(() => fillMonth(month, days), [month, days]);
  const times = useMemo(() => filled.map(({ day }) => Date.parse(`${day}T12:00:00`) / 1000), [filled]);
  const data = useMemo<uPlot.AlignedData>(() => [times, filled.map((day) => day[measure])], [times, filled, measure]);
  const options = useMemo(() => (style: PlotStyle) => barsOf(times, style), [times]);
  if (days.length === 0) return <p class="muted">No jobs in this month.</p>;
  return (
    <>
      <Plot height={HEIGHT} data={data} options={options} />
      <table class="hidden-text">
        <caption>{measure} a day</caption>
        <tbody>
          {days.map((day) => (
            <tr key={day.day}>
              <th scope="row">{day.day}</th>
              <td>{countText(day[measure])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function barsOf(times: number[], { axis, accent }: PlotStyle) {
  return {
    scales: {
      x: {
        time: true,
        range: (_chart: uPlot, min: number, max: number) => [min - DAY / 2, max + DAY / 2] as [number, number],
      },
      y: { range: (_chart: uPlot, _min: number, max: number) => [0, Math.max(1, max * 1.1)] as [number, number] },
    },
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        splits: ({ width }: uPlot) => namedDays(times, width),
        values: (_chart: uPlot, splits: number[]) => splits.map(dayText),
      },
      {
        ...axis,
        size: labelWidth,
        values: (_chart: uPlot, splits: number[]) => splits.map((value) => (value % 1 ? '' : countText(value))),
      },
    ],
    series: [
      {},
      { fill: accent, width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.6, 28], radius: 0.2 }) },
    ],
  };
}

function dayText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString('en', { day: 'numeric', month: 'short' });
}
