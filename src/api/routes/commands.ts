import { commandBody, commandJob } from '../../contract/commands.ts';
import { errorBody, waitQuery } from '../../contract/common.ts';
import { transcode } from '../../kinds/transcode/index.ts';
import { callerOf } from '../caller.ts';
import { createCommand } from '../create-command.ts';
import type { RouteDeps } from '../deps.ts';
import type { App } from '../types.ts';
import { waitUntilFinal } from '../wait.ts';

export function registerCommands(app: App, deps: RouteDeps): void {
  app.post(
    '/v1/commands',
    {
      config: { scope: 'transcode', own: 'query' },
      schema: {
        operationId: 'createCommand',
        tags: ['transcodes'],
        summary: 'Create a job from a command string',
        description:
          'For clients of services that accept command strings. A tokenizer parses the command, never a shell. Its options must satisfy the same policy as every other job. `{{name}}` stands for a file of `input_files` or `output_files`. A command has one output. Use `/v1/transcodes/{id}` to read, cancel, download and erase the job.',
        body: commandBody,
        querystring: waitQuery,
        response: { 201: commandJob, '4xx': errorBody, 507: errorBody },
      },
    },
    async (request, reply) => {
      const created = await createCommand(deps, request);
      const { account } = callerOf(request);
      reply.code(201).header('Location', `/v1/transcodes/${created.id}`);
      if (!request.query.wait) return created;
      const job = await waitUntilFinal(
        deps,
        request,
        transcode,
        { accountId: account.id, id: created.id },
        request.query.wait,
      );
      return { ...job, command_id: job.id };
    },
  );
}
