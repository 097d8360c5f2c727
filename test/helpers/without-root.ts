/** Does the work with the permissions of an ordinary account: as root, with the permissions of `nobody`. No other work may run meanwhile. */
export async function withoutRoot<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid!() !== 0) return work();
  process.seteuid!(65534);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}
