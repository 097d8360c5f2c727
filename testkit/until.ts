/**
 * Polls `check` until it returns a truthy value, and returns it; throws with `what` after `timeoutMs`. The default is longer
 * than anything needs on a machine that runs other work: a shorter one tests the machine.
 */
export async function until<T>(
  check: () => T | Promise<T>,
  options: { what: string; timeoutMs?: number; everyMs?: number },
): Promise<NonNullable<T>> {
  const { what, timeoutMs = 60_000, everyMs = 50 } = options;
  const end = Date.now() + timeoutMs;
  for (;;) {
    const seen = await check();
    if (seen) return seen as NonNullable<T>;
    if (Date.now() > end) throw new Error(`Timed out after ${timeoutMs} ms waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
