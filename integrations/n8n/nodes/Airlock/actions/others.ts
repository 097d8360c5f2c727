import type { IDataObject } from 'n8n-workflow';
import { uploadBinary } from '../files';
import type { Action, Item } from '../item';
import { createJob, jobActions, jobPath, waitForBatch, waitForJob } from '../jobs';
import { readJobOptions, readRequest, readSources } from './transcode';

export const transcription: Record<string, Action> = {
  ...jobActions('transcription'),
  create: async (item) => {
    const formats = item.read<string[]>('formats');
    const { language, maxLine, words } = item.options();
    const body = {
      media_url: (await readSources(item))[0],
      task: item.read<string>('task') ?? 'transcribe',
      ...(formats?.length ? { output_formats: formats } : {}),
      ...(language ? { language } : {}),
      ...(maxLine ? { max_line: maxLine } : {}),
      ...(words ? { words } : {}),
      ...readJobOptions(item),
    };
    return createJob(item, 'transcription', { path: '/v1/transcribe', body });
  },
};

export const blueprint: Record<string, Action> = {
  getAll: (item) => item.list('/v1/blueprints'),
};

export const blueprintRun: Record<string, Action> = {
  ...jobActions('blueprintRun'),
  create: async (item) => {
    const slug = item.require('blueprint', 'Blueprint');
    const inputs = Object.entries((item.options('inputs').value ?? {}) as IDataObject);
    const sent = Object.fromEntries(inputs.filter(([, value]) => value !== null && value !== ''));
    const { retention, webhookUrl } = item.options();
    const body = {
      ...sent,
      ...(retention ? { retention_seconds: Number(retention) * 60 } : {}),
      ...(webhookUrl ? { webhook_url: webhookUrl } : {}),
    };
    return createJob(item, 'blueprintRun', { path: `/v1/blueprints/${encodeURIComponent(slug)}/runs`, body });
  },
  continue: async (item) => {
    const path = jobPath(item, 'blueprintRun');
    const body = { srt_text: item.require('srtText', 'Subtitles') };
    const run = await item.send({ method: 'POST', path: `${path}/continue`, body });
    return [{ json: item.read<boolean>('waitForEnd') ? await waitForJob(item, path) : run }];
  },
};

const batchPath = (item: Item) => `/v1/batches/${encodeURIComponent(item.require('batchId', 'Batch ID'))}`;

export const batch: Record<string, Action> = {
  get: async (item) => [{ json: await item.send({ path: batchPath(item) }) }],
  getAll: (item) => item.list('/v1/batches'),
  wait: async (item) => [{ json: await waitForBatch(item, item.require('batchId', 'Batch ID')) }],
  cancel: async (item) => {
    const answer = await item.send({ method: 'PATCH', path: `${batchPath(item)}/cancel` });
    return [{ json: answer.batch as IDataObject }];
  },
};

/**
 * Creates one batch of several items, and waits for its end if the node requests this. The parameters of the batch itself come from the
 * first item.
 */
export async function createBatch(items: readonly Item[]): Promise<IDataObject> {
  const jobs: IDataObject[] = [];
  for (const item of items) jobs.push(await readRequest(item));
  const first = items[0]!;
  const { batchWebhookUrl } = first.options('batchOptions');
  const body = { jobs, ...(batchWebhookUrl ? { webhook_url: batchWebhookUrl } : {}) };
  const idempotencyKey = first.idempotencyKey('create', body);
  const created = await first.send({ method: 'POST', path: '/v1/transcodes/batch', body, idempotencyKey });
  return first.read<boolean>('waitForEnd') ? waitForBatch(first, String(created.id)) : created;
}

export const media: Record<string, Action> = {
  probe: async (item) => {
    const url = (await readSources(item))[0]!;
    return [{ json: await item.send({ method: 'POST', path: '/v1/probe', body: { url } }) }];
  },
};

const uploadPath = (item: Item) => `/v1/uploads/${encodeURIComponent(item.require('uploadName', 'File Name'))}`;

export const upload: Record<string, Action> = {
  create: async (item) => [{ json: await uploadBinary(item) }],
  get: async (item) => [{ json: (await item.send({ path: uploadPath(item) })).result as IDataObject }],
  getAll: (item) => item.list('/v1/uploads'),
  delete: async (item) => [{ json: await item.send({ method: 'DELETE', path: uploadPath(item) }) }],
};

const webhookPath = (item: Item) => `/v1/webhooks/${encodeURIComponent(item.require('webhookId', 'Webhook ID'))}`;

export const webhook: Record<string, Action> = {
  create: async (item) => {
    const types = item.read<string[]>('types') ?? [];
    const { description } = item.options();
    const body = {
      url: item.require('webhookUrl', 'URL'),
      ...(types.length > 0 ? { types } : {}),
      ...(description ? { description } : {}),
    };
    const idempotencyKey = item.idempotencyKey('create', body);
    return [{ json: await item.send({ method: 'POST', path: '/v1/webhooks', body, idempotencyKey }) }];
  },
  get: async (item) => [{ json: await item.send({ path: webhookPath(item) }) }],
  getAll: (item) => item.list('/v1/webhooks'),
  update: async (item) => {
    const { description, enabled, types, url } = item.options('changes');
    const body = {
      ...(url ? { url } : {}),
      ...(types !== undefined ? { types } : {}),
      ...(description !== undefined ? { description } : {}),
      ...(enabled !== undefined ? { enabled } : {}),
    };
    return [{ json: await item.send({ method: 'PATCH', path: webhookPath(item), body }) }];
  },
  test: async (item) => [{ json: await item.send({ method: 'POST', path: `${webhookPath(item)}/test` }) }],
  delete: async (item) => [{ json: await item.send({ method: 'DELETE', path: webhookPath(item) }) }],
};
