export interface HealthWatch {
  /** Milliseconds of every check so far. */
  readonly ms: number[];
  /** Answers other than 200, and failed connections. */
  readonly faults: string[];
  stop(): Promise<void>;
}

/** Asks like a load balancer, at an even pace that does not wait for slow answers. */
export function watchHealth(url: string, everyMs: number): HealthWatch {
  const ms: number[] = [];
  const faults: string[] = [];
  const open = new Set<Promise<void>>();
  const ask = async () => {
    const began = performance.now();
    try {
      const answer = await fetch(url);
      await answer.text();
      if (answer.status !== 200) faults.push(`answered ${answer.status}`);
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
