import { signal } from '@preact/signals';
import { serverNow } from '../lib/clock.ts';
import { agoText, dueText, exactTime } from '../lib/format.ts';

const TICK_MS = 5000;

/** Changes every few seconds, often enough for texts such as "in 12 seconds". */
const ticks = signal(0);
setInterval(() => {
  ticks.value++;
}, TICK_MS);

interface MomentProps {
  at: string | null;
}

/** A moment in the past in everyday words. Its exact time appears on hover. */
export function Ago({ at }: MomentProps) {
  return <Moment at={at} text={agoText} />;
}

/** A moment in the future in everyday words. Its exact time appears on hover. */
export function Due({ at }: MomentProps) {
  return <Moment at={at} text={dueText} />;
}

function Moment({ at, text }: MomentProps & { text: (time: string, now: number) => string }) {
  // Reading this value draws the moment again after each tick.
  void ticks.value;
  if (at === null) return <span class="muted">–</span>;
  return (
    <time dateTime={at} title={exactTime(at)}>
      {text(at, serverNow())}
    </time>
  );
}
