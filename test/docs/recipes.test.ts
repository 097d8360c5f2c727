import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip } from '../../testkit/media.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { blocks, readPage, readPages } from './pages.ts';

interface Recipe {
  page: string;
  title: string;
  body: Body;
}

/** The body of a `POST /v1/transcodes` or `POST /v1/commands` request. */
type Body = { output_format: string } | { outputs: object[] } | { template: string } | { ffmpeg_command: string };

/** Recipes that are both validated and run, one for each kind of request. The other recipes differ only in their options. */
const RUN = new Set([
  'Join',
  'Extract without encoding',
  'Cross-fade two clips',
  'GIF with your own palette',
  'Slide with sound',
  'Watermark',
  'Replace the audio',
  'Waveform',
  'Poster',
  'Animated preview',
  'Thumbnails',
  'Scrub preview',
  'Waveform image',
  'Smallest file that reaches a quality',
  'Encrypted HLS',
  'Ladder with poster and scrub previews',
]);

/** Matches warnings of `validate` that are expected for any input that is not an upload. */
const UNKNOWN_INPUT = /is not known yet|assum/i;

const recipes = readPages()
  .filter(({ path }) => /^docs\/((recipes|migrate)\/|(stills|quality|ladders)\.md$)/.test(path))
  .flatMap(({ path, text }) => recipesOf(path, text));

let service: TestService;
let folder: string;
/** URLs in recipes, and the uploads of the test that replace them. */
const uploads = new Map<string, string>();

beforeAll(async () => {
  service = await shareService();
  folder = await mkdtemp(join(tmpdir(), 'airlock-recipes-'));
  const media: [name: string, type: string, make: (path: string) => Promise<unknown>][] = [
    ['talk.mp4', 'video/mp4', (path) => makeClip(path, { size: '80x60' })],
    ['music.mp3', 'audio/mpeg', (path) => makeMedia(path, ['-f', 'lavfi', '-i', 'sine=d=1'])],
    ['photo.png', 'image/png', (path) => makeMedia(path, ['-f', 'lavfi', '-i', 'testsrc2=s=64x48', '-frames:v', '1'])],
  ];
  for (const [name, type, make] of media) {
    await make(join(folder, name));
    uploads.set(`https://example.org/${name}`, await upload(join(folder, name), type));
  }
  uploads.set('https://example.org/intro.mp4', uploads.get('https://example.org/talk.mp4')!);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('recipes', () => {
  it('are at least 25 in number, each under its own heading', () => {
    expect(recipes.length).toBeGreaterThanOrEqual(25);
    expect([...RUN].filter((title) => !recipes.some((recipe) => recipe.title === title))).toEqual([]);
  });

  const creates = recipes.filter(({ body }) => !('ffmpeg_command' in body));
  it.each(creates)('$title ($page) is accepted as printed', async ({ body }) => {
    const { json } = await service.call('POST', '/v1/transcodes/validate', body);
    expect(json.errors).toEqual([]);
    expect(json.warnings.filter((warning: { message: string }) => !UNKNOWN_INPUT.test(warning.message))).toEqual([]);
    expect(json.valid).toBe(true);
  });

  const run = recipes.filter(({ title, body }) => RUN.has(title) || 'ffmpeg_command' in body);
  it.concurrent.each(run)('$title creates a file', async ({ body }) => {
    const local = JSON.stringify(body).replace(/https:\/\/example\.org\/\w+\.\w+/g, (url) => uploads.get(url) ?? url);
    const path = 'ffmpeg_command' in body ? '/v1/commands' : '/v1/transcodes';
    const { json } = await service.call('POST', `${path}?wait=60`, cheap(local));
    expect(json).toMatchObject({ status: 'completed', error_message: null });
    expect(json.outputs).toHaveLength('outputs' in body ? body.outputs.length : 1);
  });
});

describe('recipes for workflows', () => {
  it('run in one shell, in the order of the page', async () => {
    const script = blocks(readPage('docs/recipes/workflow.md').text, ['shell']).join('\n');
    await makeClip(join(folder, 'in.mp4'), { size: '80x60' });
    const env = { ...process.env, AIRLOCK_URL: service.api, AIRLOCK_API_KEY: service.key };
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env });
    expect(stdout).toContain('event: transcode.completed');
    expect(stdout).toMatch(/"status": "completed",\n *"complete"/);
    expect((await stat(join(folder, 'out.mp4'))).size).toBeGreaterThan(0);
  });
});

function recipesOf(page: string, text: string): Recipe[] {
  return text.split(/^## /m).flatMap((section) => {
    const title = section.slice(0, section.indexOf('\n'));
    return blocks(section, ['json']).map((block) => ({ page, title, body: JSON.parse(block) }));
  });
}

/** Makes the frames smaller, because the test checks the form of the request and not its pixels. */
function cheap(body: string): string {
  return body.replaceAll('1280:720', '64:48').replaceAll('1200x300', '120x30');
}

async function upload(path: string, contentType: string): Promise<string> {
  const bytes = await readFile(path);
  const filename = path.slice(folder.length + 1);
  const body = { filename, contentType, fileSize: bytes.length };
  const { json } = await service.call('POST', '/v1/upload/presigned-url', body);
  await fetch(json.result.uploadUrl, { method: 'PUT', body: bytes, headers: { 'content-type': contentType } });
  const confirm = { filename: json.result.filename, fileSize: bytes.length };
  const response = await service.call('POST', '/v1/upload/confirm', confirm);
  return response.json.result.fileUrl;
}
