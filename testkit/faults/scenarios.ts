import { until } from '../until.ts';
import type { Client, Json } from './client.ts';
import type { Receiver } from './receiver.ts';
import { marked, markedInParts, type Sources } from './sources.ts';

/** What a scenario needs: a client with an account of its own, and a text that names and media of this run contain. */
export interface Scene {
  client: Client;
  sources: Sources;
  receiver: Receiver;
  marker: string;
}

/** A job that clients see, by the path of its routes, such as `/v1/transcodes`. */
export interface MadeJob {
  path: string;
  id: string;
}

/** What a scenario has made. */
export interface Made {
  jobs: MadeJob[];
  /** Names of the uploads that no job has used. */
  uploads: string[];
  /** Paths of the receiver at which the outputs of the only job arrive. */
  delivered: string[];
  /** Whether the scenario has erased its jobs. */
  isErased: boolean;
}

/** The life of one kind of job, through the API. */
export interface Scenario<Given = unknown> {
  kind: string;
  /** Prepares the run. Faults are injected only afterwards. */
  setUp(scene: Scene): Promise<Given>;
  /** Resolves when every job is final. */
  run(scene: Scene, given: Given): Promise<Partial<Made>>;
}

function scenario<Given>(definition: Scenario<Given>): Scenario {
  return definition as Scenario;
}

const VIDEO = 'video/mp4';
const ENCODE = [
  { option: '-c:v', argument: 'libx264' },
  { option: '-preset', argument: 'ultrafast' },
];

/** Uploads a file with one PUT, and confirms it. Returns its URL. */
async function upload(scene: Scene, bytes: Buffer, contentType = VIDEO, extension = 'mp4'): Promise<string> {
  const confirmed = await confirm(scene, await put(scene, bytes, contentType, extension));
  return confirmed.fileUrl;
}

async function put({ client, marker }: Scene, bytes: Buffer, contentType = VIDEO, extension = 'mp4') {
  const body = { filename: `${marker}.${extension}`, contentType, fileSize: bytes.length };
  const { result } = await client.send('POST', '/v1/upload/presigned-url', body);
  await client.put(result.uploadUrl, bytes, { 'content-type': contentType, ...result.headers });
  return { filename: result.filename as string, fileSize: bytes.length };
}

async function confirm({ client }: Scene, sent: object): Promise<{ fileUrl: string }> {
  return (await client.send('POST', '/v1/upload/confirm', sent)).result;
}

/** Fields of every request for a job. */
function common({ receiver, marker }: Scene) {
  return { webhook_url: `${receiver.url}/${marker}/hook`, metadata: { note: marker } };
}

async function create({ client }: Scene, path: string, body: object): Promise<MadeJob> {
  return { path, id: (await client.send('POST', path, body)).id };
}

async function finish({ client }: Scene, ...jobs: MadeJob[]): Promise<Partial<Made>> {
  for (const { path, id } of jobs) await client.until(`${path}/${id}`);
  return { jobs };
}

const clipUrl = (scene: Scene) => upload(scene, marked(scene.sources.clip, scene.marker));

/** A scenario of one transcode of the clip. */
function transcode(kind: string, fields: object, source: (scene: Scene) => Promise<string> = clipUrl): Scenario {
  return scenario({
    kind,
    setUp: source,
    async run(scene, url: string) {
      const body = { inputs: [{ url }], ...common(scene), ...fields };
      return finish(scene, await create(scene, '/v1/transcodes', body));
    },
  });
}

const ladder = { outputFormat: 'hls', ladder: [{ height: 72 }], segment_seconds: 2 };

export const SCENARIOS: readonly Scenario[] = [
  transcode('transcode', { outputFormat: 'mp4', options: ENCODE }),
  transcode('two-outputs', {
    outputs: [
      { outputFormat: 'mp4', options: ENCODE },
      { outputFormat: 'gif', preview: { seconds: 1, width: 32 } },
    ],
  }),
  transcode('ladder-poster', { outputs: [ladder, { outputFormat: 'jpg', still: { at: 'best' } }] }),
  scenario({
    kind: 'probe',
    setUp: async () => null,
    async run({ client, receiver, marker, sources }) {
      const path = `/${marker}/source.mp4`;
      receiver.serve(path, marked(sources.clip, marker));
      const { streams } = await client.send('POST', '/v1/probe', { url: `${receiver.url}${path}?token=${marker}` });
      if (streams?.length !== 2) throw new Error('the probe found no streams');
      return {};
    },
  }),
  scenario({
    kind: 'batch',
    setUp: clipUrl,
    async run(scene, url: string) {
      const job = { inputs: [{ url }], outputFormat: 'mp3', metadata: { note: scene.marker } };
      const body = { jobs: [job, job], webhook_url: common(scene).webhook_url };
      const { id, items } = await scene.client.send('POST', '/v1/transcodes/batch', body);
      await scene.client.until(`/v1/batches/${id}`, ({ status }) => status === 'completed');
      return { jobs: items.map((item: Json) => ({ path: '/v1/transcodes', id: item.job.id })) };
    },
  }),
  scenario({
    kind: 'transcription-in-pieces',
    setUp: (scene) => upload(scene, marked(scene.sources.talk, scene.marker), 'audio/mp4', 'm4a'),
    async run(scene, url: string) {
      return finish(scene, await create(scene, '/v1/transcribe', { media_url: url, ...common(scene) }));
    },
  }),
  transcode('split-video', { outputFormat: 'mp4', options: ENCODE }, (scene) =>
    upload(scene, marked(scene.sources.long, scene.marker)),
  ),
  scenario({
    kind: 'blueprint-with-review',
    setUp: clipUrl,
    async run(scene, url: string) {
      const { client, marker } = scene;
      const body = { video_url: url, ...common(scene) };
      const { id } = await client.send('POST', '/v1/blueprints/caption-video/runs', body);
      const path = `/v1/blueprints/runs/${id}`;
      await client.until(path, ({ status }) => ['awaiting_review', 'failed', 'completed'].includes(status));
      const srt = `1\n00:00:00,000 --> 00:00:00,900\n${marker}\n`;
      // A repeated request finds the run continued.
      await client.send('POST', `${path}/continue`, { srt_text: srt }, [200, 409]);
      return finish(scene, { path: '/v1/blueprints/runs', id });
    },
  }),
  scenario({
    kind: 'delivery',
    setUp: clipUrl,
    async run(scene, url: string) {
      const delivered = `/${scene.marker}/output.mp4`;
      const destination = { url: `${scene.receiver.url}${delivered}?signature=${scene.marker}` };
      const body = { inputs: [{ url }], outputFormat: 'mp4', options: ENCODE, destination, ...common(scene) };
      const job = await create(scene, '/v1/transcodes', body);
      return { ...(await finish(scene, job)), delivered: [delivered] };
    },
  }),
  scenario({
    kind: 'erase',
    async setUp(scene) {
      const body = { inputs: [{ url: await clipUrl(scene) }], outputFormat: 'mp3', ...common(scene) };
      const job = await create(scene, '/v1/transcodes', body);
      await finish(scene, job);
      // An erase also deletes the address of a webhook that was not sent yet.
      const hook = `/${scene.marker}/hook`;
      await until(() => scene.receiver.webhooks(hook).size > 0, { what: 'the webhook of a job' });
      return job;
    },
    async run({ client }, job: MadeJob) {
      await client.send('DELETE', `${job.path}/${job.id}`, undefined, [200, 204]);
      await client.send('GET', `${job.path}/${job.id}/receipt`);
      return { jobs: [job], isErased: true };
    },
  }),
  scenario({
    kind: 'upload',
    setUp: async () => null,
    async run(scene) {
      const sent = await put(scene, marked(scene.sources.clip, scene.marker));
      await confirm(scene, sent);
      return { uploads: [sent.filename] };
    },
  }),
  scenario({
    kind: 'awaited-upload',
    setUp: async () => null,
    async run(scene) {
      const bytes = marked(scene.sources.clip, scene.marker);
      const file = { filename: `${scene.marker}.mp4`, contentType: VIDEO, fileSize: bytes.length };
      const body = { inputs: [{ upload: file }], outputFormat: 'mp3', ...common(scene) };
      const { id, inputs } = await scene.client.send('POST', '/v1/transcodes', body);
      const { url, headers } = inputs[0].upload;
      await scene.client.put(url, bytes, headers);
      return finish(scene, { path: '/v1/transcodes', id });
    },
  }),
  scenario({
    kind: 'upload-in-parts',
    setUp: async () => null,
    async run(scene) {
      const bytes = markedInParts(scene.sources.clip, scene.marker);
      const partSize = Math.ceil(bytes.length / 2);
      const file = { filename: `${scene.marker}.mp4`, contentType: VIDEO, fileSize: bytes.length, partSize };
      const body = { inputs: [{ upload: file }], outputFormat: 'mp3', ...common(scene) };
      const { id, inputs } = await scene.client.send('POST', '/v1/transcodes', body);
      for (const { partNumber, url } of inputs[0].upload.parts) {
        await scene.client.put(url, bytes.subarray((partNumber - 1) * partSize, partNumber * partSize), {});
      }
      return finish(scene, { path: '/v1/transcodes', id });
    },
  }),
];
