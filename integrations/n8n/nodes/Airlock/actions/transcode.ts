import type { IDataObject } from 'n8n-workflow';
import { uploadBinary } from '../files';
import type { Action, Item } from '../item';
import { createJob, jobActions, jobPath } from '../jobs';

export const transcode: Record<string, Action> = {
  ...jobActions('transcode'),
  create: async (item) => createJob(item, 'transcode', { path: '/v1/transcodes', body: await readRequest(item) }),
  validate: async (item) => {
    const body = await readRequest(item);
    return [{ json: await item.send({ method: 'POST', path: '/v1/transcodes/validate', body }) }];
  },
  playback: async (item) => {
    const { output, expiresIn } = item.options();
    const body = { ...(output && { output }), ...(expiresIn && { expires_in: expiresIn }) };
    return [{ json: await item.send({ method: 'POST', path: `${jobPath(item, 'transcode')}/playback`, body }) }];
  },
};

/** Returns the body of a create from the parameters of the node. First uploads the source if it is binary. */
export async function readRequest(item: Item): Promise<IDataObject> {
  const outputs = readOutputs(item);
  const common = readJobOptions(item);
  const inputs = (await readSources(item)).map((url) => ({ url }));
  return { inputs, ...outputs, ...common };
}

/** Returns the URLs of the sources: one for each line of the field "URL", or the URL of the upload of the item's binary. */
export async function readSources(item: Item): Promise<string[]> {
  if (item.read<string>('source') === 'binary') return [String((await uploadBinary(item)).fileUrl)];
  return item.require('url', 'URL').split(/\s+/).filter(Boolean);
}

/** Returns the fields that the creates of all kinds of jobs accept. */
export function readJobOptions(item: Item): IDataObject {
  const { metadata, retention, priority, webhookUrl, disarm, ffmpegOptions } = item.options();
  return {
    ...(metadata ? { metadata: item.parse(metadata, 'Metadata') as IDataObject } : {}),
    ...(retention ? { retention_seconds: Number(retention) * 60 } : {}),
    ...(priority ? { priority } : {}),
    ...(webhookUrl ? { webhook_url: webhookUrl } : {}),
    ...(disarm ? { disarm } : {}),
    ...(ffmpegOptions ? { options: item.parse(ffmpegOptions, 'FFmpeg Options') as IDataObject[] } : {}),
  };
}

function readOutputs(item: Item): IDataObject {
  switch (item.read<string>('outputMode')) {
    case 'template':
      return { template: item.require('template', 'Template') };
    case 'json':
      return item.readJson<IDataObject>('request', 'Request') ?? {};
    case 'several': {
      const entries = (item.options('outputs').output ?? []) as IDataObject[];
      return { outputs: entries.map((entry) => readEntry(item, entry)) };
    }
    default: {
      const [format, quality, resolution] = ['format', 'quality', 'resolution'].map((name) => item.read<string>(name));
      return { output_format: format ?? 'mp4', ...preset(quality, resolution) };
    }
  }
}

function readEntry(item: Item, entry: IDataObject): IDataObject {
  const { format, name, quality, resolution, bitrate, more } = entry;
  return {
    output_format: format,
    ...(name ? { name } : {}),
    ...preset(quality, resolution),
    ...(bitrate ? { bitrate } : {}),
    ...((item.parse(more ?? '', 'Other Fields') as IDataObject | undefined) ?? {}),
  };
}

function preset(quality: unknown, resolution: unknown): IDataObject {
  if (!quality && !resolution) return {};
  return { preset: { ...(quality ? { quality } : {}), ...(resolution ? { resolution } : {}) } as IDataObject };
}
