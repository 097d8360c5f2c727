import * as z from 'zod';
import { bucketPrefix } from './bucket-prefix.ts';
import { deletedFields, someWarnings, timestamp } from './common.ts';
import { rule } from './faults/rule.ts';
import { listOf, nextField } from './lists.ts';
import { nullable } from './nullable.ts';

/** Maximum number of connections of one account. */
export const MAX_CONNECTIONS = 50;

const NAME = '[a-z0-9][a-z0-9-]{0,62}';
const CONNECTION_NAME = new RegExp(`^${NAME}$`);
/** Pattern for the URL of a source that is an object in the bucket of a connection. */
const S3_URL = new RegExp(`^s3://(${NAME})/(.+)$`);
/** Pattern for bucket names of S3 and compatible stores. Old buckets of S3 have the longest names. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;

/** The directions in which jobs may use a connection. */
export const CONNECTION_MODES = ['read_write', 'read', 'write'] as const;

export const connectionName = z
  .string()
  .regex(
    CONNECTION_NAME,
    rule(
      'is not a valid connection name',
      'Use 1 to 63 lower-case letters, digits and hyphens, starting with a letter or a digit',
    ),
  );

export const bucketName = z
  .string()
  .regex(BUCKET, rule('is not a valid bucket name', 'Send the name alone, such as "media", without a URL or a path'));

export const createConnectionBody = z
  .object({
    name: connectionName.describe('Unique in the account. Jobs name the connection by it.'),
    endpoint: nullable(z.string().min(1).max(2048)).describe(
      'URL of the store, such as `https://minio.example.com`. Defaults to Amazon S3 in the region.',
    ),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/, rule('is not the name of a region', 'Send a name such as "eu-central-1" or "auto"'))
      .describe('Region of the bucket, such as `eu-central-1`. Stores without regions accept `us-east-1` or `auto`.'),
    bucket: bucketName.describe('The bucket. Jobs that use the connection can use no other bucket.'),
    access_key_id: z
      .string()
      .regex(
        /^[\w.:+@-]{1,256}$/,
        rule('is not the id of an access key', 'Send the access key id alone, without the secret'),
      )
      .describe('Id of an access key that may read, write and delete objects of the bucket.'),
    secret_access_key: z
      .string()
      .regex(/^[\x21-\x7e]{1,512}$/, rule('is not a secret access key', 'Send it without spaces and line breaks'))
      .describe('Secret of the access key. Airlock stores it encrypted and never returns it.'),
    prefix: nullable(bucketPrefix).describe(
      'A folder of the bucket. Jobs can use no keys outside of it. Defaults to the entire bucket.',
    ),
    mode: nullable(z.enum(CONNECTION_MODES)).describe(
      'Whether jobs can read sources from the bucket (`read`), deliver outputs to it (`write`), or both (`read_write`, the default).',
    ),
  })
  .meta({ id: 'CreateConnectionRequest', description: 'A connection to create.' });
export type CreateConnectionBody = z.infer<typeof createConnectionBody>;

export const connection = z
  .object({
    name: z.string().describe('What jobs send as `connection`.'),
    endpoint: z.string().describe('URL of the store.'),
    region: z.string().describe('Region of the bucket.'),
    bucket: z.string().describe('The bucket.'),
    access_key_id: z.string().describe('Id of the access key.'),
    prefix: z.string().nullable().describe('The folder to which all keys are limited; null for the entire bucket.'),
    mode: z.enum(CONNECTION_MODES).describe('Whether jobs can read from the bucket, write to it, or both.'),
    created_at: timestamp.describe('When it was created.'),
    warnings: someWarnings,
  })
  .meta({ id: 'Connection', description: 'A bucket of your own, without the secret of its access key.' });
export type ConnectionView = z.infer<typeof connection>;

export const connectionsQuery = listOf(MAX_CONNECTIONS);

export const connectionList = z
  .object({
    items: z.array(connection).describe('Sorted by name.'),
    next: nextField,
    warnings: someWarnings,
  })
  .meta({ id: 'ConnectionList', description: 'The connections of the account.' });

export const removedConnection = z
  .object({ ...deletedFields('connection'), warnings: someWarnings })
  .meta({ id: 'RemovedConnection', description: 'A connection that is deleted, with its access key.' });

/** An object in the bucket of a connection. */
export interface ConnectionObject {
  connection: string;
  key: string;
}

/** Whether a source refers to an object in the bucket of a connection. */
export function isS3Url(url: string): boolean {
  return /^s3:/i.test(url);
}

/** Parses `s3://connection/path/to/key`. Returns null for any other text. */
export function parseS3Url(url: string): ConnectionObject | null {
  const match = S3_URL.exec(url);
  return match && { connection: match[1]!, key: match[2]! };
}
