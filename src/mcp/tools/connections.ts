import * as z from 'zod';
import { connectionName, createConnectionBody } from '../../contract/connections.ts';
import { CREATES, DESTROYS, defineBodyTool, defineTool, pathPart, READS, resultOf, type Tool } from '../tool.ts';

/** Tools for connections. Each tool requires a key with the scope `admin`. No result contains the secret of an access key. */
export const CONNECTION_TOOLS: readonly Tool[] = [
  defineTool({
    name: 'list_connections',
    isHidden: true,
    title: 'List connections',
    description:
      'List the buckets to which jobs can deliver outputs, and from which they can read sources as `s3://NAME/KEY`. Requires the scope admin.',
    input: z.object({}),
    annotations: READS,
    run: async (_, { call }) => resultOf(await call('GET', '/v1/connections')),
  }),
  defineBodyTool({
    name: 'create_connection',
    isHidden: true,
    title: 'Create a connection',
    description:
      'Store the access key of a bucket under a name, after a test write and delete. The result does not contain the secret, but the conversation does. Ask the person to use `./airlock connections create` or the dashboard instead, unless the person insists. Requires the scope admin.',
    input: createConnectionBody,
    annotations: CREATES,
    path: '/v1/connections',
  }),
  defineTool({
    name: 'delete_connection',
    isHidden: true,
    title: 'Delete a connection',
    description:
      'Delete a connection and its access key. Deliveries of waiting and running jobs to its bucket fail. Airlock deletes no objects in the bucket. Requires the scope admin.',
    input: z.object({ name: connectionName.describe('The name of the connection.') }),
    annotations: DESTROYS,
    run: async ({ name }, { call }) => resultOf(await call('DELETE', `/v1/connections/${pathPart(name)}`)),
  }),
];
