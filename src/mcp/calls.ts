type RequestId = string | number;

/** Running calls of tools for one client, by the ids that the client gave them. */
export interface Calls {
  /** Registers a call. `canceled` aborts when the client cancels the call, but not when the client has only disconnected. */
  begin(id: RequestId): { canceled: AbortSignal; end(): void };
  cancel(id: RequestId): void;
}

/**
 * Returns a function that returns the calls of a client. Over HTTP, the notification that cancels a call is a separate request. Calls are
 * therefore registered for the process, under a name of the client. A client without a name cannot cancel calls, because other clients may
 * use the same ids.
 */
export function openCalls(): (client: string | null) => Calls {
  const running = new Map<string, AbortController>();
  return (client) => {
    const nameOf = (id: RequestId) => JSON.stringify([client, id]);
    return {
      begin(id) {
        const controller = new AbortController();
        const name = client === null ? null : nameOf(id);
        if (name !== null) running.set(name, controller);
        return {
          canceled: controller.signal,
          end: () => {
            if (name !== null && running.get(name) === controller) running.delete(name);
          },
        };
      },
      cancel: (id) => running.get(nameOf(id))?.abort(),
    };
  };
}
