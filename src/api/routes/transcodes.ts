import { errorBody, idParams } from '../../contract/common.ts';
import { redeliverAnswer, redeliverBody } from '../../contract/destinations.ts';
import { jobDetails } from '../../contract/job-details.ts';
import { signedManifest } from '../../contract/receipts.ts';
import { createBody, job as jobView } from '../../contract/transcodes.ts';
import { validateAnswer } from '../../contract/validate.ts';
import { getJob } from '../../jobs/read.ts';
import { readDetails } from '../../kinds/transcode/details.ts';
import { transcode } from '../../kinds/transcode/index.ts';
import { readManifest } from '../../kinds/transcode/manifest.ts';
import { explainRetry, repeatRequest } from '../../kinds/transcode/repeat-request.ts';
import { validateTranscode } from '../../kinds/transcode/validate.ts';
import { callerOf, submitterOf } from '../caller.ts';
import { createJob } from '../create-job.ts';
import type { RouteDeps } from '../deps.ts';
import { redeliver } from '../redeliver.ts';
import type { App } from '../types.ts';
import { unknownFields } from '../warnings.ts';

const KIND = 'transcode';

/** Registers the routes that only transcodes have. */
export function registerTranscodes(app: App, deps: RouteDeps): void {
  registerValidateTranscode(app, deps);
  registerGetTranscodeDetails(app, deps);
  registerGetManifest(app, deps);
  registerRedeliver(app, deps);
  registerRetry(app, deps);
}

function registerValidateTranscode(app: App, deps: RouteDeps): void {
  app.post(
    '/v1/transcodes/validate',
    {
      config: { scope: 'transcode', own: 'query' },
      schema: {
        operationId: 'validateTranscode',
        tags: ['transcodes'],
        summary: 'Check a request without creating a job',
        description:
          'Accepts the body of a create and runs nothing. `command` is the command that would run, with the file names inside the cell. Each entry of `errors` has the position of a mistake and a suggestion.',
        body: createBody,
        response: { 200: validateAnswer, '4xx': errorBody },
      },
    },
    (request) => {
      const { body, sentBody: sent } = request;
      return validateTranscode(deps, submitterOf(request), { body, sent, warnings: unknownFields(createBody, sent) });
    },
  );
}

function registerGetTranscodeDetails(app: App, deps: RouteDeps): void {
  const { context } = deps;
  app.get(
    '/v1/transcodes/:id/details',
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        operationId: 'getTranscodeDetails',
        tags: ['transcodes'],
        summary: 'Read how a job was requested and how it ran',
        description:
          'Returns the job’s request, the exact command, the streams of its inputs, and every attempt with its log.',
        params: idParams,
        response: { 200: jobDetails, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return readDetails(context, await getJob(context.db, callerOf(request).account.id, KIND, request.params.id));
    },
  );
}

function registerGetManifest(app: App, deps: RouteDeps): void {
  const { context, signer } = deps;
  app.get(
    '/v1/transcodes/:id/manifest',
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        operationId: 'getManifest',
        tags: ['receipts'],
        summary: 'Get a signed record of how the output was created',
        description:
          'Returns the hashes of inputs and outputs, the exact command, the FFmpeg build and the sandbox of the attempt, signed.',
        params: idParams,
        response: { 200: signedManifest, '4xx': errorBody },
      },
    },
    async (request) => {
      const job = await getJob(context.db, callerOf(request).account.id, KIND, request.params.id);
      const manifest = await readManifest(context, job);
      return { manifest, ...signer.sign(manifest) };
    },
  );
}

function registerRedeliver(app: App, deps: RouteDeps): void {
  app.post(
    '/v1/transcodes/:id/redeliver',
    {
      config: { scope: 'transcode', own: 'job' },
      schema: {
        operationId: 'redeliverOutputs',
        tags: ['transcodes'],
        summary: 'Deliver outputs again',
        description:
          'Delivers outputs of a job that has ended to their destinations again, or to another destination, while Airlock has them. Without `output`, delivers every output whose delivery failed. Returns before the deliveries end. The events `transcode.output_delivered` and `transcode.delivery_failed` report the results.',
        params: idParams,
        body: redeliverBody.nullish(),
        response: { 202: redeliverAnswer, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const warnings = unknownFields(redeliverBody, request.sentBody);
      const items = await redeliver(deps, submitterOf(request), request.params.id, request.body ?? {});
      reply.code(202);
      return { items, ...(warnings.length > 0 && { warnings }) };
    },
  );
}

function registerRetry(app: App, deps: RouteDeps): void {
  app.post(
    '/v1/transcodes/:id/retry',
    {
      config: { scope: 'transcode', own: 'job' },
      schema: {
        operationId: 'retryTranscode',
        tags: ['transcodes'],
        summary: 'Create a new job from the request of a job that has ended',
        description:
          'Returns the new job immediately. The earlier job does not change. Send an `Idempotency-Key` so that a repeated request creates no second job. Returns 409 with the reason if the job is erased, an input is gone, or a part of the request was deleted when the job ended, such as the query of a URL.',
        params: idParams,
        response: { 201: jobView, '4xx': errorBody, 507: errorBody },
      },
    },
    async (request, reply) => {
      const { account } = callerOf(request);
      const job = await getJob(deps.context.db, account.id, KIND, request.params.id);
      const submission = await repeatRequest(deps.context, account, job);
      const route = `transcodes/${job.id}/retry`;
      const created = await createJob(deps, request, transcode, submission, route).catch((error) => {
        throw explainRetry(error);
      });
      reply.code(201).header('Location', `/v1/transcodes/${created.id}`);
      return created;
    },
  );
}
