/**
 * Runs the work with the permissions of an ordinary account. As root, it runs with the permissions of `nobody`, so no other work may run at
 * the same time.
 */
export async function withoutRoot<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid!() !== 0) return work();
  process.seteuid!(65534);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}
