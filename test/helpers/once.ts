interface Once<T> {
  (): Promise<T>;
  /** The result, or undefined before the first call and after a call that failed. */
  made?: Promise<T> | undefined;
}

/** Returns a function that calls `make` at its first call, and again after `make` has failed. */
export function once<T>(make: () => Promise<T>): Once<T> {
  const get: Once<T> = () => {
    get.made ??= make().catch((error) => {
      get.made = undefined;
      throw error;
    });
    return get.made;
  };
  return get;
}
