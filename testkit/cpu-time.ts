/** Milliseconds of processor time that synchronous work takes. Other work on the machine does not count, as it would in time that passes. */
export function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
