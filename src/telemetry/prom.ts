/** Loads prom-client when the first registry is created. */
export async function loadProm() {
  // prom-client is a CommonJS package. In the bundle, its exports are only under `default`.
  return (await import('prom-client')).default;
}
