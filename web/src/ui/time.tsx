import { signal } from '@preact/signals';
import { exactTime, relativeText } from '../lib/format.ts';

/** Milliseconds since 1970, renewed often enough for "3 min. ago". */
const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 15_000);

/** A moment as people say it; its exact time on hover. */
export function Ago({ at }: { at: string | null }) {
  if (at === null) return <span class="muted">–</span>;
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relativeText(at, Math.max(now.value, Date.now() - 15_000))}
    </time>
  );
}
