import { eachItem } from './pages.ts';
import { randomKey, type Transport } from './transport.ts';
import type { RequestControl, Schemas } from './types.ts';

type Connection = Schemas['Connection'];
type Signal = Pick<RequestControl, 'signal'>;

/** Your own buckets, to which jobs deliver outputs and from which they read sources. Requires the scope `admin`. */
export class Connections {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Lists all connections by name. */
  list({ signal }: Signal = {}): AsyncGenerator<Connection, void> {
    return eachItem((cursor) =>
      this.#transport.json<Schemas['ConnectionList']>('GET', '/v1/connections', {
        signal,
        query: { limit: 50, ...cursor },
      }),
    );
  }

  get(name: string, control: Signal = {}): Promise<Connection> {
    return this.#transport.json('GET', pathOf(name), control);
  }

  /** Creates a connection. The server tests the bucket with a small object, and stores the access key. */
  create(connection: Schemas['CreateConnectionRequest'], control: RequestControl = {}): Promise<Connection> {
    const { idempotencyKey = randomKey(), signal } = control;
    const options = { body: connection, idempotencyKey, signal, repeatable: true };
    return this.#transport.json('POST', '/v1/connections', options);
  }

  /** Deletes a connection with its access key. Afterwards, open jobs that deliver to the connection fail to deliver. */
  async delete(name: string, { signal }: Signal = {}): Promise<void> {
    await this.#transport.json('DELETE', pathOf(name), { signal });
  }
}

function pathOf(name: string): string {
  return `/v1/connections/${encodeURIComponent(name)}`;
}
