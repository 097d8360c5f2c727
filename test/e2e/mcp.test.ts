import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip } from '../../testkit/media.ts';
import { programArgs } from '../../testkit/program.ts';
import { call, shareService, type TestService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';
import { BUCKET, CREDENTIAL, REGION, startEmbeddedGateway } from '../conformance/embedded-gateway.ts';

// biome-ignore lint/suspicious/noExplicitAny: results are looked at field by field
type Json = any;

/** The tools of the hosted service's server, with the same names. */
const HOSTED = [
  ...['transcode_video', 'get_transcode', 'list_transcodes', 'cancel_transcode', 'get_download_url'],
  ...['transcode_and_wait', 'request_upload_url', 'confirm_upload'],
  ...['transcribe_audio', 'get_transcribe', 'get_transcribe_download'],
  ...['run_blueprint', 'run_blueprint_and_wait', 'get_blueprint_run', 'continue_blueprint_run'],
];
const OWN = ['probe', 'validate', 'describe', 'erase_transcode', 'list_transcode_files'];
/** Maximum number of bytes of the response to `tools/list`, which models read in every conversation. */
const MAX_LIST_BYTES = 25_000;

let service: TestService;
let folder: string;
let clip: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-mcp-'));
  [service] = await Promise.all([shareService(), makeClip(join(folder, 'clip.mp4'), { size: '80x60' })]);
  clip = await readFile(join(folder, 'clip.mp4'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const overHttp = (key = service.key) =>
  new StreamableHTTPClientTransport(new URL(`${service.api}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
  });
const overStdio = () =>
  new StdioClientTransport({
    command: process.execPath,
    args: programArgs(['mcp']),
    env: { ...(process.env as Record<string, string>), AIRLOCK_URL: service.api, AIRLOCK_API_KEY: service.key },
  });

async function connected(transport: ReturnType<typeof overHttp> | StdioClientTransport): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  // With `exactOptionalPropertyTypes`, the transport of the SDK does not match the SDK's interface.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  return client;
}

describe.each([
  ['HTTP', overHttp],
  ['stdio', overStdio],
] as const)('the Model Context Protocol over %s', (_, open) => {
  let client: Client;
  beforeAll(async () => {
    client = await connected(open());
  });
  afterAll(() => client?.close());

  /** Calls a tool. Expects that the text and the structured content of its result agree. */
  const use = async (name: string, args: object = {}, options = {}) => {
    const result: Json = await client.callTool({ name, arguments: { ...args } }, undefined, options);
    expect(result.structuredContent).toEqual(JSON.parse(result.content[0].text));
    return { value: result.structuredContent as Json, failed: result.isError as boolean };
  };

  it('lists at most 20 tools in 25 kB, with self-contained schemas', async () => {
    const list = await client.listTools();
    expect(Buffer.byteLength(JSON.stringify({ jsonrpc: '2.0', id: 1, result: list }))).toBeLessThan(MAX_LIST_BYTES);
    expect(list.tools.length).toBeLessThanOrEqual(20);
    expect(list.tools.map(({ name }) => name).sort()).toEqual([...HOSTED, ...OWN].sort());
    for (const { name, title, description, inputSchema, annotations } of list.tools) {
      expect([name, typeof title, typeof description]).toEqual([name, 'string', 'string']);
      expect([name, inputSchema.type]).toEqual([name, 'object']);
      expect(JSON.stringify(inputSchema)).not.toContain('$ref');
      expect([name, annotations?.readOnlyHint]).toEqual([name, /^(get|list|probe|val|desc)/.test(name)]);
    }
    const argumentsOf = (tool: string): Json => list.tools.find(({ name }) => name === tool)!.inputSchema.properties;
    const { inputs, outputFormat } = argumentsOf('transcode_and_wait');
    expect(outputFormat.enum).toContain('flac');
    expect(inputs.items.properties.upload.required).toEqual(['filename', 'contentType', 'fileSize']);
    for (const tool of ['transcode_video', 'validate'])
      expect(Object.keys(argumentsOf(tool))).toEqual(expect.arrayContaining(['inputs', 'filters', 'preset', 'limits']));
  });

  it('describes complete schemas, templates, blueprints and connections, which the list of tools omits', async () => {
    const outputs = await use('describe', { topic: 'transcode_video', name: 'outputs' });
    expect(outputs.value.schema.anyOf[0]).toMatchObject({ type: 'array', maxItems: 10 });
    const tool = await use('describe', { topic: 'transcribe_audio' });
    expect(tool.value.inputSchema.properties.media_url).toMatchObject({ maxLength: expect.any(Number) });
    const templates = await use('describe', { topic: 'templates' });
    expect(templates.value.items.map(({ name }: { name: string }) => name)).toContain('airlock/web');
    const template = await use('describe', { topic: 'templates', name: 'airlock/web' });
    expect(template.value).toMatchObject({ version: 1, built_in: true });
    const blueprints = await use('describe', { topic: 'blueprints' });
    expect(blueprints.value.items.map(({ slug }: { slug: string }) => slug)).toContain('watermark');
    expect((await use('describe', { topic: 'connections' })).value.items).toBeInstanceOf(Array);
    for (const [args, field, near] of [
      [{ topic: 'transcode_vido' }, 'topic', 'transcode_video'],
      [{ topic: 'validate', name: 'output' }, 'name', 'outputs'],
    ] as const) {
      expect(await use('describe', args)).toMatchObject({ failed: true, value: { field, details: { near } } });
    }
  });

  it('calls tools that the list omits, by their names or by the kind of the job', async () => {
    expect((await use('get_template', { name: 'airlock/web' })).value).toMatchObject({ built_in: true });
    for (const tool of ['list_templates', 'list_blueprints', 'list_transcribes', 'list_blueprint_runs'])
      expect([tool, (await use(tool)).value.items]).toEqual([tool, expect.any(Array)]);
    const inputs = { video_url: `${service.storage}/gone.mp4` };
    const { id } = (await use('run_blueprint', { slug: 'boomerang', inputs })).value;
    expect((await use('get_blueprint_run', { id, wait: 60 })).value.status).toBe('failed');
    const runs = (await use('list_transcodes', { kind: 'blueprint', limit: 100 })).value.items;
    expect(runs.map((run: { id: string }) => run.id)).toContain(id);
    expect(await use('cancel_transcode', { kind: 'blueprint', id })).toMatchObject({ failed: true });
    expect(await use('erase_transcode', { id })).toMatchObject({ failed: true, value: { status: 404 } });
    expect((await use('erase_transcode', { kind: 'blueprint', id })).value).toMatchObject({ deleted: true });
    expect(await use('list_transcode_files', { kind: 'blueprints', id })).toMatchObject({
      failed: true,
      value: { field: 'kind', details: { near: 'blueprint' } },
    });
  });

  it('uploads, transcodes with progress, and downloads', async () => {
    const file = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize: clip.length };
    const { result } = (await use('request_upload_url', file)).value;
    const headers = { 'content-type': file.contentType, ...result.headers };
    await fetch(result.uploadUrl, { method: 'PUT', headers, body: new Uint8Array(clip) });
    const sent = await use('confirm_upload', { filename: result.filename, fileSize: clip.length });
    const { fileUrl } = sent.value.result;
    const input = { inputs: [{ url: fileUrl }], outputFormat: 'mp4' };
    expect((await use('probe', { url: fileUrl })).value.streams[0]).toMatchObject({ codec: 'h264', width: 80 });
    expect((await use('validate', { ...input, options: [{ option: '-vf', argument: 'hflip' }] })).value).toMatchObject({
      valid: true,
      command: expect.arrayContaining(['ffmpeg']),
    });

    const seen: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => seen.push(progress);
    const done = await use('transcode_and_wait', { ...input, timeoutSeconds: 60 }, { onprogress });
    expect(done).toMatchObject({
      failed: false,
      value: { job: { status: 'completed' }, waitedMs: expect.any(Number) },
    });
    expect((await fetch(done.value.downloadUrl)).status).toBe(200);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));

    const { id } = done.value.job;
    expect((await use('get_transcode', { id })).value.outputs[0].format).toBe('mp4');
    expect((await use('get_download_url', { id })).value.url).toMatch(/^http/);
    expect((await use('list_transcodes', { status: 'completed', limit: 100 })).value.items).toContainEqual(
      expect.objectContaining({ id }),
    );
    expect(await use('cancel_transcode', { id })).toMatchObject({ failed: true, value: { code: 'cancel_final' } });
  });

  it('creates a job for a local file with one tool, whose result contains the upload URL', async () => {
    const upload = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize: clip.length };
    const { value, failed } = await use('transcode_and_wait', { inputs: [{ upload }], outputFormat: 'jpg' });
    expect(failed).toBe(false);
    expect(value).toMatchObject({ job: { waiting_for: 'upload' }, message: expect.stringContaining('get_transcode') });
    const { id, inputs } = value.job;
    const { url, method, headers } = inputs[0].upload;
    expect((await fetch(url, { method, headers, body: new Uint8Array(clip) })).status).toBe(200);
    const isComplete = async () => (await use('get_transcode', { id })).value.status === 'completed';
    await until(isComplete, { what: 'the end of the job' });
  });

  it('makes a ladder with a still and a sprite, lists the files of the ladder, and requires the name of the output for a download', async () => {
    const { result } = (
      await use('request_upload_url', { filename: 'clip.mp4', contentType: 'video/mp4', fileSize: clip.length })
    ).value;
    const headers = { 'content-type': 'video/mp4', ...result.headers };
    await fetch(result.uploadUrl, { method: 'PUT', headers, body: new Uint8Array(clip) });
    const sent = await use('confirm_upload', { filename: result.filename, fileSize: clip.length });
    const outputs = [
      { name: 'stream', outputFormat: 'hls', ladder: 'auto' },
      { name: 'poster', outputFormat: 'jpg', still: { at: 'best' } },
      { name: 'scrub', outputFormat: 'sprite', every_seconds: 1 },
    ];
    const input = { inputs: [{ url: sent.value.result.fileUrl }], outputs };
    const done = await use('transcode_and_wait', { ...input, timeoutSeconds: 60 });
    const { job } = done.value;
    expect(job.outputs.map(({ role, status }: Json) => [role, status])).toEqual([
      ['ladder', 'completed'],
      ['still', 'completed'],
      ['sprite', 'completed'],
    ]);
    expect(job.outputs[0].renditions).toMatchObject([{ width: 80, height: 60 }]);
    const files = await use('list_transcode_files', { id: job.id, output: 'stream', limit: 100 });
    expect(files.value.items.map(({ path }: Json) => path)).toContain('master.m3u8');
    const unnamed = await use('get_download_url', { id: job.id });
    expect(unnamed).toMatchObject({ failed: true, value: { details: { accepted: ['stream', 'poster', 'scrub'] } } });
    const link = await use('get_download_url', { id: job.id, output: 'scrub', file: 'sprite.vtt' });
    expect(await (await fetch(link.value.url)).text()).toMatch(/^WEBVTT/);
  });

  it('creates, lists and deletes a connection, and no result contains its secret', async () => {
    const keys = { accessKeyId: CREDENTIAL.accessKeyId, secretAccessKey: 'secret-of-the-bucket' };
    const bucket = await startEmbeddedGateway({ credentials: [keys] }, { credentials: keys });
    const made = await use('create_connection', {
      ...{ name: 'assisted', endpoint: bucket.endpoint, region: REGION, bucket: BUCKET },
      ...{ access_key_id: keys.accessKeyId, secret_access_key: keys.secretAccessKey },
    });
    const listed = await use('list_connections');
    expect(made).toMatchObject({ failed: false, value: { name: 'assisted', bucket: BUCKET } });
    expect(listed.value.items.map(({ name }: Json) => name)).toContain('assisted');
    expect(JSON.stringify([made, listed])).not.toContain(keys.secretAccessKey);
    expect(await use('delete_connection', { name: 'asisted' })).toMatchObject({
      failed: true,
      value: { code: 'not_found', details: { near: 'assisted' } },
    });
    expect((await use('delete_connection', { name: 'assisted' })).value).toMatchObject({ deleted: true });
    await bucket.close();
  });

  it('returns errors for a job that failed, a rejected request and an unknown tool', async () => {
    const gone = { inputs: [{ url: `${service.storage}/gone.mp4` }], outputFormat: 'mp4' };
    const ended = await use('transcode_and_wait', gone);
    expect(ended).toMatchObject({ failed: true, value: { error: expect.any(String), job: { status: 'failed' } } });
    const rejected = await use('transcode_video', { ...gone, outputFormat: 'exe' });
    expect(rejected).toMatchObject({
      failed: true,
      value: { code: 'invalid_request', details: { field: 'outputFormat' } },
    });
    expect(await use('get_transcode', {})).toMatchObject({ failed: true, value: { field: 'id' } });
    expect(await use('list_transcodes', { limit: 500 })).toMatchObject({
      failed: true,
      value: {
        code: 'invalid_request',
        details: {
          field: 'limit',
          reason: 'is 500, above the maximum of 100',
          remedy: 'Send an integer from 1 to 100',
        },
      },
    });
    expect(await use('get_transcode', { id: '../keys' })).toMatchObject({ failed: true, value: { status: 404 } });
    expect(await use('delete_everything')).toMatchObject({ failed: true });
    const late = await use('transcode_and_wait', { ...gone, timeoutSeconds: 0 });
    expect(late).toMatchObject({ failed: true, value: { field: 'timeoutSeconds' } });
  });

  it('cancels the job of a call that the client cancels', async () => {
    const source = await startSource(() => {});
    try {
      const stop = new AbortController();
      const args = { inputs: [{ url: `${source.url}/never.mp4` }], outputFormat: 'mp4', pollIntervalSeconds: 60 };
      const running = use('transcode_and_wait', args, { signal: stop.signal }).catch((error) => error);
      const jobs = async (): Promise<Json[]> => (await use('list_transcodes', { limit: 5 })).value.items;
      const isOurs = ({ inputs }: Json) => inputs[0].url === args.inputs[0]!.url;
      const { id } = await until(async () => (await jobs()).find(isOurs), { what: 'the job' });
      stop.abort();
      await running;
      const statusOf = async () => (await use('get_transcode', { id })).value.status;
      await until(async () => (await statusOf()) === 'canceled', { what: 'the end of the job' });
    } finally {
      await source.close();
    }
  });

  it('returns transcription_not_configured if the server has no speech model', async () => {
    const { failed, value } = await use('transcribe_audio', { media_url: 'https://example.org/a.mp3' });
    expect([failed, value.code]).toEqual([true, 'transcription_not_configured']);
  });
});

describe('POST /mcp', () => {
  const post = (body: unknown, key: string | null = service.key, headers = {}) =>
    call(`${service.api}/mcp`, 'POST', key, body, { accept: 'application/json, text/event-stream', ...headers });
  const message = (method: string, params = {}) => ({ jsonrpc: '2.0', id: 1, method, params });

  it('returns to a client without a token the address at which the client can get one', async () => {
    const { status, headers } = await post(message('tools/list'), null);
    const url = `${service.api}/.well-known/oauth-protected-resource/mcp`;
    expect([status, headers.get('www-authenticate')]).toEqual([401, `Bearer resource_metadata="${url}"`]);
  });

  it('limits the tools to the rights of the key', async () => {
    const { key } = await service.makeKey('--scopes', 'read');
    const client = await connected(overHttp(key));
    const args = { inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp4' };
    const made: Json = await client.callTool({ name: 'transcode_video', arguments: args });
    expect(made).toMatchObject({ isError: true, structuredContent: { code: 'forbidden', status: 403 } });
    await client.close();
  });

  it('rejects requests from pages of other sites, long batches and other methods', async () => {
    const foreign = await post(message('tools/list'), service.key, { origin: 'https://evil.example' });
    expect([foreign.status, foreign.json.code]).toEqual([403, 'cross_site']);
    const batch = await post(Array.from({ length: 11 }, () => message('tools/list')));
    expect([batch.status, batch.json.code]).toEqual([400, 'invalid_request']);
    const other = await call(`${service.api}/mcp`, 'GET', service.key);
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await post({ hello: 'there' })).status).toBe(400);
  });
});
