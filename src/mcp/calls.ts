type RequestId = string | number;

/** Calls of tools that run for one client, by the ids that it gave them. */
export interface Calls {
  /** Registers a call. `canceled` aborts when the client cancels it; not when the client has merely gone. */
  begin(id: RequestId): { canceled: AbortSignal; end(): void };
  cancel(id: RequestId): void;
}

/**
 * Over HTTP, the notification that cancels a call is a request of its own, so calls are registered for the process, under
 * a name of the client. A client that has no name cannot cancel: other clients may use the same ids.
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
