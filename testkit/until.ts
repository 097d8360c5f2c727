/** Waits until `look` returns something truthy; fails with `what` after `timeoutMs`. The only way tests wait. */
export async function until<T>(
  look: () => T | Promise<T>,
  options: { what: string; timeoutMs?: number; everyMs?: number },
): Promise<NonNullable<T>> {
  const { what, timeoutMs = 30_000, everyMs = 50 } = options;
  const end = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen as NonNullable<T>;
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
