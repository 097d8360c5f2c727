/** Limits of the pause between two checks, in milliseconds. A pause is an eighth of the wait so far, because checks need processor time. */
const PAUSE = { min: 25, max: 100 };

/**
 * Polls `check` until it returns a truthy value, and returns this value. Throws with `what` after `timeoutMs`. The default exceeds what any
 * test needs on a machine that runs other work. A shorter timeout would test the machine.
 */
export async function until<T>(
  check: () => T | Promise<T>,
  options: { what: string; timeoutMs?: number; everyMs?: number },
): Promise<NonNullable<T>> {
  const { what, timeoutMs = 60_000, everyMs } = options;
  const start = Date.now();
  for (;;) {
    const seen = await check();
    if (seen) return seen as NonNullable<T>;
    const waited = Date.now() - start;
    if (waited > timeoutMs) throw new Error(`Timed out after ${timeoutMs} ms waiting for ${what}`);
    const pauseMs = everyMs ?? Math.min(PAUSE.max, Math.max(PAUSE.min, waited / 8));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
