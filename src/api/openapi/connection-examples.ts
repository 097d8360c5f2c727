import type { ConnectionView, CreateConnectionBody } from '../../contract/connections.ts';

const create: CreateConnectionBody = {
  name: 'media',
  endpoint: 'https://minio.example.com',
  region: 'us-east-1',
  bucket: 'media',
  access_key_id: 'airlock',
  secret_access_key: 'wJalrXUtnFEMI-EXAMPLEKEY',
};

const { secret_access_key: _, ...shown } = create;

const connection: ConnectionView = {
  ...shown,
  endpoint: 'https://minio.example.com',
  created_at: '2026-05-22T14:30:45.000Z',
};

/** Examples of requests and responses about connections, by the name of their schema. */
export const CONNECTION_EXAMPLES: Readonly<Record<string, unknown>> = {
  CreateConnectionRequest: create,
  Connection: connection,
  ConnectionList: { items: [connection], next: null },
  RemovedConnection: { id: 'media', object: 'connection', deleted: true },
};
