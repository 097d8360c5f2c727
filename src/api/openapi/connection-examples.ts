import type { ConnectionView, CreateConnectionBody } from '../../contract/connections.ts';
import type { DeliveryView, RedeliverBody } from '../../contract/destinations.ts';
import { AT } from './example-values.ts';

const create: CreateConnectionBody = {
  name: 'media',
  endpoint: 'https://minio.example.com',
  region: 'us-east-1',
  bucket: 'media',
  access_key_id: 'airlock',
  secret_access_key: 'wJalrXUtnFEMI-EXAMPLEKEY',
  prefix: 'videos/',
  mode: 'write',
};

const { secret_access_key: _, ...shown } = create;

const connection: ConnectionView = {
  ...shown,
  prefix: 'videos/',
  mode: 'write',
  endpoint: 'https://minio.example.com',
  created_at: AT,
};

const redeliver: RedeliverBody = { output: 'hls' };

const delivery: DeliveryView = {
  status: 'delivering',
  attempts: 1,
  host: 'minio.example.com',
  bucket: 'media',
  prefix: 'videos/2026/',
  connection: 'media',
  error_code: null,
  error_message: null,
  delivered_at: null,
};

/** Examples of requests and responses about connections and destinations, by the name of their schema. */
export const CONNECTION_EXAMPLES: Readonly<Record<string, unknown>> = {
  CreateConnectionRequest: create,
  Connection: connection,
  ConnectionList: { items: [connection], next: null },
  RedeliverRequest: redeliver,
  Redelivery: { items: [{ output: 'hls', destination: delivery }] },
  RemovedConnection: { id: 'media', object: 'connection', deleted: true },
};
