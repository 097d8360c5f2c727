/** Loads prom-client, with the first registry. */
export async function loadProm() {
  // A CommonJS package: bundled, its exports are under `default` only.
  return (await import('prom-client')).default;
}
