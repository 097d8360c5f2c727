export interface HealthWatch {
  /** Duration of each check so far, in milliseconds. */
  readonly ms: number[];
  /** Statuses other than 200, and failed connections. */
  readonly faults: string[];
  stop(): Promise<void>;
}

/** Sends health checks like a load balancer: at a fixed interval, without waiting for slow responses. */
export function watchHealth(url: string, everyMs: number): HealthWatch {
  const ms: number[] = [];
  const faults: string[] = [];
  const open = new Set<Promise<void>>();
  const ask = async () => {
    const began = performance.now();
    try {
      const response = await fetch(url);
      await response.text();
      if (response.status !== 200) faults.push(`answered ${response.status}`);
    } catch (error) {
      faults.push((error as Error).message);
    }
    ms.push(performance.now() - began);
  };
  const timer = setInterval(() => {
    const asked = ask().finally(() => open.delete(asked));
    open.add(asked);
  }, everyMs);
  return {
    ms,
    faults,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
    },
  };
}
