import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { countText } from '../../lib/format.ts';
import { theme } from '../../lib/theme.ts';

/** Pixels. */
const HEIGHT = 220;
/** Seconds. */
const DAY = 86_400;

interface Day {
  day: string;
  jobs: number;
  minutes: number;
}

interface DayChartProps {
  /** Days with jobs. */
  days: readonly Day[];
  measure: 'jobs' | 'minutes';
}

/** Bars, one a day; a table says the same to those who do not see them. */
export function DayChart({ days, measure }: DayChartProps) {
  const container = useRef<HTMLDivElement>(null);
  const colours = theme.value;
  useEffect(() => {
    const element = container.current;
    if (!element || days.length === 0) return;
    // A chart of other colours has to be drawn again.
    const chart = drawChart(element, { days, measure });
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [days, measure, colours]);
  if (days.length === 0) return <p class="muted">No jobs in this month.</p>;
  return (
    <>
      <div class="chart" ref={container} aria-hidden="true" />
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

/** Every day of the month, up to today: days without jobs count. */
function fillMonth(days: readonly Day[]): Day[] {
  const month = days[0]!.day.slice(0, 8);
  const today = new Date().toISOString().slice(0, 10);
  const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).getUTCDate();
  return Array.from({ length: last }, (_, index) => `${month}${String(index + 1).padStart(2, '0')}`)
    .filter((day) => day <= today || days.some((one) => one.day === day))
    .map((day) => days.find((one) => one.day === day) ?? { day, jobs: 0, minutes: 0 });
}

function drawChart(element: HTMLElement, { days, measure }: DayChartProps): uPlot {
  const month = fillMonth(days);
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name);
  // Colours of the canvas are words of CSS that it must be able to read: the colours of the elements around it are.
  const [text, line, accent] = [style.color, style.borderTopColor, style.outlineColor];
  const axis = {
    stroke: text,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    font: `12px ${colour('font-family')}`,
  };
  return new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: true, range: (_chart, min, max) => [min - DAY / 2, max + DAY / 2] },
        y: { range: (_chart, _min, max) => [0, Math.max(1, max * 1.1)] },
      },
      axes: [
        { ...axis, size: 28, grid: { show: false }, values: (_chart, splits) => splits.map(dayText) },
        { ...axis, size: 56, values: (_chart, splits) => splits.map((value) => (value % 1 ? '' : countText(value))) },
      ],
      series: [
        {},
        { fill: accent, width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.6, 28], radius: 0.2 }) },
      ],
    },
    [month.map(({ day }) => Date.parse(`${day}T12:00:00`) / 1000), month.map((day) => day[measure])],
    element,
  );
}

function dayText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString('en', { day: 'numeric', month: 'short' });
}
