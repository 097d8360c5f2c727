interface Once<T> {
  (): Promise<T>;
  /** Undefined until the first call, and after a call that failed. */
  made?: Promise<T> | undefined;
}

/** Makes a thing at the first call, and at the next call if that failed. */
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
