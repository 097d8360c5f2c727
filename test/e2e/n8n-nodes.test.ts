import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serviceEvents } from '../../src/events/types.ts';
import { ffprobe, makeClip } from '../../testkit/media.ts';
import type { Listening } from '../../testkit/servers.ts';
import { shareService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';
import { loadNodes, type NodeItem, type NodeRun, openTrigger, runNode, type SentByNode } from '../helpers/n8n-nodes.ts';

describe('the n8n nodes', () => {
  let service: Awaited<ReturnType<typeof shareService>>;
  let classes: Awaited<ReturnType<typeof loadNodes>>;
  let folder: string;
  let source: Awaited<ReturnType<typeof startSource>>;
  let clip: NodeItem;
  const credential = () => ({ url: `${service.api}/`, apiKey: service.key });
  const run = (parameters: NodeRun['parameters'], more: Partial<NodeRun> = {}) =>
    runNode(new classes.Airlock(), { credential: credential(), parameters, ...more });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-n8n-nodes-'));
    [service, classes] = await Promise.all([
      shareService(),
      loadNodes(),
      makeClip(join(folder, 'clip.mp4'), { size: '64x48' }),
    ]);
    const bytes = await readFile(join(folder, 'clip.mp4'));
    clip = {
      json: {},
      binary: { data: { data: bytes.toString('base64'), mimeType: 'video/mp4', fileName: 'clip.mp4' } },
    };
    source = await startSource((_request, response) => {
      response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': bytes.length }).end(bytes);
    });
  });
  afterAll(async () => {
    source?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('upload a binary, transcode it, download the output, erase the job and return its receipt', async () => {
    const sent: SentByNode[] = [];
    const [made] = await run({ source: 'binary', format: 'webm', quality: 'low' }, { items: [clip], sent });
    expect(made).toMatchObject({ json: { status: 'completed', output_format: 'webm' }, pairedItem: { item: 0 } });
    const jobId = made!.json.id;
    const [file] = await run({ operation: 'download', jobId }, { sent });
    expect(file!.binary!.data).toMatchObject({ mimeType: 'video/webm', fileName: expect.stringMatching(/\.webm$/) });
    const path = join(folder, 'out.webm');
    await writeFile(path, Buffer.from(file!.binary!.data!.data, 'base64'));
    expect((await ffprobe(path)).streams[0].codec_name).toBe('vp9');
    expect(sent.filter(({ hasKey }) => hasKey).every(({ url }) => url.startsWith(`${service.api}/v1/`))).toBe(true);
    expect(sent.filter(({ hasKey }) => !hasKey)).toHaveLength(2);
    expect((await run({ operation: 'erase', jobId }))[0]!.json).toMatchObject({ deleted: true });
    const receipt = await until(
      async () => (await run({ operation: 'receipt', jobId }, { continueOnFail: true }))[0]!.json.receipt,
      { what: 'the receipt' },
    );
    expect(receipt).toMatchObject({ job_id: jobId });
  });

  it('create one job for each item, and no second job when n8n repeats the node', async () => {
    const parameters = (index: number) => ({ url: `${source.url}/${index}.mov`, format: ['mp3', 'wav', 'mp3'][index] });
    const given = { items: [{ json: {} }, { json: {} }, { json: {} }], executionId: 'execution' };
    const once = await run(parameters, given);
    expect(once.map(({ pairedItem, json }) => [pairedItem, json.output_format])).toEqual([
      [{ item: 0 }, 'mp3'],
      [{ item: 1 }, 'wav'],
      [{ item: 2 }, 'mp3'],
    ]);
    const ids = (items: NodeItem[]) => items.map(({ json }) => json.id);
    expect(new Set(ids(once)).size).toBe(3);
    expect(ids(await run(parameters, given))).toEqual(ids(once));
    expect(ids(await run(parameters, { ...given, executionId: 'other' }))).not.toEqual(ids(once));
  });

  it('do not upload a binary or create a job a second time when n8n repeats the node', async () => {
    const given = { items: [clip], executionId: 'binary' };
    const parameters = { source: 'binary', format: 'png' };
    const [once] = await run(parameters, given);
    const [again] = await run(parameters, given);
    expect(again!.json.id).toBe(once!.json.id);
    const uploads = await run({ resource: 'upload', operation: 'getAll', returnAll: true });
    expect(uploads.filter(({ json }) => once!.json.inputs[0].url.endsWith(json.filename))).toHaveLength(1);
  });

  it('show the message of Airlock, and continue with the other items only if the node is configured to continue', async () => {
    const parameters = (index: number) => ({
      url: index === 0 ? 'https://127.0.0.1:1/talk.mov' : `${source.url}/talk.mov`,
      format: 'mp3',
      options: index === 0 ? { ffmpegOptions: '[{"option":"-crff","argument":"1"}]' } : {},
    });
    const items = [{ json: {} }, { json: {} }];
    const failed = await run(parameters, { items }).catch((error) => error);
    expect(failed).toMatchObject({
      message: expect.stringMatching(/-crff.*-crf/),
      description: expect.stringMatching(/Code: option_refused\. See http.*errors/),
      httpCode: '422',
      context: { itemIndex: 0 },
    });
    const [first, second] = await run(parameters, { items, continueOnFail: true });
    expect(first).toMatchObject({
      json: { error: failed.message, details: { code: 'option_refused', status: 422 } },
      pairedItem: { item: 0 },
    });
    expect(second).toMatchObject({ json: { status: 'completed' }, pairedItem: { item: 1 } });
  });

  it('fail with the reason and the advice of a failed job, or return the job', async () => {
    const items = [
      { ...clip, binary: { data: { ...clip.binary!.data!, data: clip.binary!.data!.data.slice(0, 400) } } },
    ];
    const failed = await run({ source: 'binary' }, { items }).catch((error) => error);
    expect(failed.message).toMatch(/\w/);
    const options = { ffmpegOptions: [{ option: '-map', argument: '0:a:7' }] };
    const parameters = { url: `${source.url}/talk.mov`, options };
    const ended = await run(parameters).catch((error) => error);
    expect(ended.description).toMatch(/Code: \w+\. Job: [\w-]+\./);
    const [job] = await run({ ...parameters, options: { ...options, failOnFailure: false } });
    expect(job!.json.status).toBe('failed');
  });

  it('cancel the job that a stopped execution waits for', async () => {
    const stop = new AbortController();
    const options = { metadata: '{"to":"stop"}', ffmpegOptions: [{ option: '-vf', argument: 'loop=-1:1:0' }] };
    const running = run({ url: `${source.url}/endless.mov`, options }, { signal: stop.signal }).catch((error) => error);
    const find = async () => {
      const { json } = await service.call('GET', '/v1/transcodes');
      return json.items.find((job: { metadata: { user: object } }) => 'to' in (job.metadata.user ?? {}));
    };
    await until(find, { what: 'the job' });
    stop.abort();
    expect((await running).message).toBe('The execution was stopped.');
    await until(async () => (await find()).status === 'canceled', { what: 'the canceled job' });
  });

  it('make several outputs, accept a template or JSON, and validate requests', async () => {
    const url = `${source.url}/talk.mov`;
    const outputs = {
      output: [
        { format: 'mp3', name: 'sound' },
        { format: 'png', more: '{"count":null}' },
      ],
    };
    const [made] = await run({ url, outputMode: 'several', outputs });
    expect(made!.json.outputs.map(({ name }: { name: string }) => name)).toEqual(['sound', 'png']);
    const jobId = made!.json.id;
    const download = { operation: 'download', jobId };
    expect(
      (await run({ ...download, options: { output: 'sound', fileName: 'a.mp3' } }))[0]!.binary!.data!.fileName,
    ).toBe('a.mp3');
    await expect(run(download)).rejects.toThrow(/output/);
    const templates = await new classes.Airlock().methods.loadOptions.getTemplates.call(loadFunctions());
    expect(templates.map(({ value }: { value: string }) => value)).toContain('airlock/web');
    expect(
      (await run({ operation: 'validate', url, outputMode: 'template', template: 'airlock/web' }))[0]!.json.valid,
    ).toBe(true);
    const request = '{"output_format":"gif","preset":{"quality":"low"}}';
    expect((await run({ url, outputMode: 'json', request, waitForEnd: false }))[0]!.json.output_format).toBe('gif');
    await expect(run({ url, outputMode: 'json', request: '{' })).rejects.toThrow('"Request" is not valid JSON');
  });

  it('create a batch of all items, list it, and wait for it', async () => {
    const parameters = (index: number) => ({ resource: 'batch', url: `${source.url}/${index}.mov`, format: 'wav' });
    const [made, ...none] = await run(parameters, { items: [{ json: {} }, { json: {} }] });
    expect(none).toEqual([]);
    expect(made).toMatchObject({ json: { status: 'completed', total: 2 }, pairedItem: [{ item: 0 }, { item: 1 }] });
    const batchId = made!.json.id;
    const listed = await run({ resource: 'batch', operation: 'getAll' });
    expect(listed.map(({ json }) => json.id)).toContain(batchId);
    await expect(run({ resource: 'batch', operation: 'cancel', batchId })).rejects.toThrow(/batch/i);
  });

  it('probe a file, and report that a server cannot transcribe', async () => {
    const url = `${source.url}/talk.mov`;
    expect((await run({ resource: 'media', url }))[0]!.json).toMatchObject({ streams: [{ type: 'video' }, {}] });
    expect((await run({ resource: 'media', source: 'binary' }, { items: [clip] }))[0]!.json.streams).toHaveLength(2);
    const [answer] = await run({ resource: 'transcription', url }, { continueOnFail: true });
    expect(answer!.json.details.code).toBe('transcription_not_configured');
  });

  it('list blueprints and their inputs, run a blueprint and download its output', async () => {
    const { methods } = new classes.Airlock();
    const blueprints = await methods.loadOptions.getBlueprints.call(loadFunctions());
    expect(blueprints.map(({ value }: { value: string }) => value)).toContain('resize-format');
    const mapped = await methods.resourceMapping.getBlueprintInputs.call(loadFunctions({ blueprint: 'resize-format' }));
    expect(mapped.fields).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 'video_url', required: true, type: 'string' }),
        expect.objectContaining({ id: 'format', type: 'options' }),
      ]),
    );
    const inputs = { value: { video_url: `${source.url}/talk.mov`, format: '1x1', fit: null } };
    const [made] = await run({ resource: 'blueprintRun', blueprint: 'resize-format', inputs });
    expect(made!.json).toMatchObject({ status: 'completed', blueprint: 'resize-format' });
    const [file] = await run({ resource: 'blueprintRun', operation: 'download', jobId: made!.json.id });
    expect(file!.binary!.data!.mimeType).toBe('video/mp4');
  });

  it('report a wrong key and an unreachable address', async () => {
    const wrong = { ...credential(), apiKey: 'al_live_wrong' };
    const [rejected] = await run({ operation: 'getAll' }, { credential: wrong, continueOnFail: true });
    expect(rejected!.json.details).toMatchObject({ code: 'unauthorized', status: 401 });
    const nowhere = { ...credential(), url: 'http://127.0.0.1:1' };
    await expect(run({ operation: 'getAll' }, { credential: nowhere })).rejects.toThrow(
      'Airlock is unreachable at 127.0.0.1:1.',
    );
    const noUrl = { ...credential(), url: 'video.example.com' };
    await expect(run({ operation: 'getAll' }, { credential: noUrl })).rejects.toThrow(/not a URL/);
  });

  const loadFunctions = (parameters: Record<string, string> = {}) => ({
    getCredentials: async () => credential(),
    getNode: () => ({ id: 'node' }),
    getCurrentNodeParameter: (name: string) => parameters[name],
    helpers: {
      httpRequestWithAuthentication: async (_name: string, { url }: { url: string }) => {
        const { pathname, search } = new URL(url);
        const { status, headers, json } = await service.call('GET', pathname + search);
        return { statusCode: status, headers: Object.fromEntries(headers), body: json };
      },
    },
  });

  it('define each field after the fields that decide whether it is shown, because n8n reads the fields in their order', () => {
    const { properties } = new classes.Airlock().description;
    const early = properties.flatMap((field: { displayOptions?: { show: object } }, index: number) => {
      const names = Object.keys(field.displayOptions?.show ?? {});
      return properties.filter(
        ({ name }: { name: string }, at: number) =>
          at > index && ['resource', 'operation'].includes(name) && names.includes(name),
      );
    });
    expect(early).toEqual([]);
  });

  it.each(['n8n-node-transcode.json', 'n8n-node-trigger.json'])('have every parameter of %s', async (name) => {
    const workflow = JSON.parse(await readFile(join(import.meta.dirname, '../../docs', name), 'utf8'));
    const nodes = { airlock: new classes.Airlock(), airlockTrigger: new classes.AirlockTrigger() };
    const used = workflow.nodes.filter(({ type }: { type: string }) => type.startsWith('n8n-nodes-airlock.'));
    expect(used.length).toBeGreaterThan(1);
    for (const { type, parameters } of used) {
      const { description } = nodes[type.split('.')[1] as keyof typeof nodes];
      for (const [field, value] of Object.entries(parameters)) {
        const found = description.properties.filter((property: { name: string }) => property.name === field);
        expect(found, `${name}: ${field}`).not.toEqual([]);
        const choices = found.flatMap(({ options = [] }: { options?: { value?: unknown }[] }) =>
          options.map((one) => one.value),
        );
        if (['resource', 'operation', 'source', 'outputMode'].includes(field)) expect(choices).toContain(value);
      }
    }
  });

  it('offer every event that the service sends', async () => {
    const { json } = await service.call('GET', '/v1/kinds');
    const events = [...json.items.flatMap((kind: { events: string[] }) => kind.events), ...Object.keys(serviceEvents)];
    const { properties } = new classes.AirlockTrigger().description;
    const offered = properties.find(({ name }: { name: string }) => name === 'events').options;
    expect(offered.map(({ value }: { value: string }) => value).sort()).toEqual(
      events.filter((type) => type !== 'webhook.test').sort(),
    );
  });

  describe('the trigger', () => {
    let deliveries: { headers: Record<string, unknown>; body: Buffer }[];
    let receiver: Listening;
    beforeAll(async () => {
      deliveries = [];
      receiver = await startSource(async (request, response) => {
        deliveries.push({ headers: request.headers, body: await buffer(request) });
        response.end();
      });
    });
    afterAll(() => receiver?.close());

    it('creates its webhook, starts the workflow only for genuine deliveries, and deletes the webhook', async () => {
      const url = `${receiver.url}/hook`;
      const { key } = await service.makeKey('--scopes', 'transcode,read,admin');
      const options = { credential: { url: service.api, apiKey: key }, url, events: ['transcode.completed'] };
      const trigger = openTrigger(new classes.AirlockTrigger(), options);
      expect(await trigger.exists()).toBe(false);
      await trigger.activate();
      expect(await trigger.exists()).toBe(true);
      const [job] = await run({ url: `${source.url}/talk.mov`, format: 'wav' });
      const ofJob = ({ body }: { body: Buffer }) => body.includes(job!.json.id);
      const { headers, body } = await until(async () => deliveries.find(ofJob), { what: 'the delivery' });

      const started = await trigger.receive(headers, body);
      expect(started.items).toMatchObject([
        {
          json: {
            type: 'transcode.completed',
            data: { job: { id: job!.json.id } },
            delivery_id: headers['webhook-id'],
          },
        },
      ]);
      const forgeries: [Record<string, unknown>, Buffer][] = [
        [{}, body],
        [headers, Buffer.concat([body, Buffer.from(' ')])],
        [{ ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 600) }, body],
        [{ ...headers, 'webhook-signature': 'v1,AAAA' }, body],
        [{ ...headers, 'webhook-id': 'other' }, body],
      ];
      for (const forged of forgeries) expect(await trigger.receive(...forged)).toEqual({ status: 401, items: [] });

      const { webhookId } = trigger.kept;
      expect((await service.call('POST', `/v1/webhooks/${webhookId}/test`)).status).toBeLessThan(300);
      const test = await until(async () => deliveries.find((one) => one.body.includes('webhook.test')), {
        what: 'a test',
      });
      expect(await trigger.receive(test.headers, test.body)).toEqual({ status: 200, items: [] });

      await trigger.deactivate();
      expect((await service.call('GET', `/v1/webhooks/${webhookId}`)).status).toBe(404);
      expect(await trigger.receive(headers, body)).toEqual({ status: 401, items: [] });
      expect(trigger.kept).toEqual({});
    });
  });
});
