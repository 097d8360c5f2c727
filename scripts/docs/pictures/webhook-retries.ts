import { RETRY_SECONDS } from '../../../src/webhooks/send.ts';
import { label, line, svg, text } from './svg.ts';

const [LEFT, RIGHT, AXIS] = [60, 900, 130];

/** Returns a picture for docs/webhooks.md: the attempts at a delivery over time, from the table of retries. */
export function webhookRetriesPicture(): string {
  const times = [0];
  for (const seconds of RETRY_SECONDS) times.push(times.at(-1)! + seconds);
  const last = Math.log(1 + times.at(-1)! / 5);
  // The axis is logarithmic, because the first retries take seconds and the last retries take hours.
  const place = (seconds: number) => Math.round(LEFT + ((RIGHT - LEFT) * Math.log(1 + seconds / 5)) / last);
  const attempts = times.map((seconds, index) => {
    const x = place(seconds);
    return [
      `<circle class="head" cx="${x}" cy="${AXIS}" r="7"/>`,
      text('small', [x, AXIS - 22], String(index + 1), 'middle'),
      // The labels are in two rows, because the last attempts are close together.
      label([x, AXIS + 28 + (index % 2) * 18], duration(seconds), 'middle'),
    ].join('\n  ');
  });
  return svg({
    title: 'Retries of a webhook',
    description: `Airlock sends a delivery up to ${times.length} times: immediately, and after ${times.slice(1).map(duration).join(', ')}.`,
    width: 960,
    height: 230,
    parts: [
      text('title', [40, 48], `Up to ${times.length} attempts in ${duration(times.at(-1)!)}`),
      text('small', [40, 70], 'The event is sent immediately. Each pause is up to 20% shorter or longer.'),
      line(`M${LEFT} ${AXIS}H${RIGHT}`),
      ...attempts,
      text('small', [40, 208], 'A 2xx response ends the attempts. A 410 response disables the webhook.'),
    ],
  });
}

/** Returns seconds in their two largest units, such as `1 h 42 min`. */
function duration(seconds: number): string {
  if (seconds === 0) return 'at once';
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes > 0) return rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`;
  return `${rest} s`;
}
