import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, upload } from '../../testkit/media.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';

const SECRET = 'token=4711';

describe('requests that are only validated', () => {
  let service: TestService;
  let source: Awaited<ReturnType<typeof startSource>>;
  let folder: string;
  let clip: string;
  let asked = 0;
  let srt = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-validate-'));
    await makeClip(join(folder, 'clip.mp4'));
    await writeFile(join(folder, 'x.srt'), '1\n00:00:00,000 --> 00:00:01,000\nhi\n');
    source = await startSource((_request, response) => {
      asked += 1;
      response.writeHead(200).end('1\n00:00:00,000 --> 00:00:01,000\nhi\n');
    });
    service = await shareService();
    clip = (await upload(service, join(folder, 'clip.mp4'))).fileUrl;
    srt = (await upload(service, join(folder, 'x.srt'), 'application/x-subrip', 'x.srt')).fileUrl;
  });
  afterAll(async () => {
    source?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const validate = (body: object) => service.call('POST', '/v1/transcodes/validate', body);
  const command = (body: object) => service.call('POST', '/v1/commands?wait=60', body);

  it('return the command that would run if they are valid, and nothing is run or fetched', async () => {
    const { status, json } = await validate({
      inputs: [{ url: clip }, { url: `${source.url}/logo.png?${SECRET}` }],
      outputFormat: 'mp4',
      filters: [
        { filter: `[0:v]scale=320:-2,subtitles='${source.url}/x.srt?${SECRET}'[a];[a][1:v]overlay=10:10[out]` },
      ],
      options: [{ option: '-crf', argument: 20 }],
      outputFromat: 'mp4',
    });
    expect([status, json.valid, json.errors]).toEqual([200, true, []]);
    expect(json.command[0]).toBe('ffmpeg');
    expect(json.command).toEqual(expect.arrayContaining(['/in/0', '/in/1', '-crf']));
    expect(json.command.join(' ')).toContain('/in/asset-0.srt');
    expect(JSON.stringify(json)).not.toContain(SECRET);
    expect(json.warnings).toContainEqual(expect.objectContaining({ field: 'outputFromat' }));
    expect(asked).toBe(0);
    expect((await service.call('GET', '/v1/transcodes')).json.total).toBe(0);
  });

  it('return the position of every fault with status 200 if they are invalid', async () => {
    const { status, json } = await validate({
      inputs: [{ url: 'http://10.0.0.1/a.mp4' }, { url: clip.replace(/\d{6}-clip/, '000000-never') }],
      outputFormat: 'mp4',
      options: [
        { option: '-vf', argument: 'hflip,scael=640:-2' },
        { option: '-crf', argument: 2300 },
      ],
      filters: [],
    });
    expect([status, json.valid, json.command]).toEqual([200, false, []]);
    const seen = json.errors.map((error: { position: object; field: string }) => [error.field, error.position]);
    expect(seen).toEqual([
      ['inputs[0].url', { pointer: '/inputs/0/url', offset: null }],
      ['inputs[1].url', { pointer: '/inputs/1/url', offset: null }],
      ['options[0]', { pointer: '/options/0/argument', offset: 6 }],
      ['options[1]', expect.objectContaining({ pointer: expect.stringMatching(/^\/options\/1/) })],
    ]);
    for (const error of json.errors) {
      expect(error.message).toMatch(/\.$/);
      expect(error.suggestion.length).toBeGreaterThan(5);
    }
    expect(json.errors[2].suggestion).toContain('scale');
  });

  it('are invalid if an inspected upload lacks what the output needs', async () => {
    const { json } = await validate({ inputs: [{ url: srt }], outputFormat: 'mp4' });
    expect(json).toMatchObject({ valid: expect.any(Boolean), command: [] });
    const text = JSON.stringify([json.errors, json.warnings]);
    expect(text).toContain('subtitle');
  });

  it('need a valid body and the scope for creating jobs', async () => {
    expect((await validate({ inputs: [], outputFormat: 'mp4' })).status).toBe(400);
    expect((await validate({ inputs: [{ url: clip }], outputFormat: 'exe' })).status).toBe(400);
    const { key } = await service.makeKey('--scopes', 'read');
    const headers = { authorization: `Bearer ${key}` };
    const body = { inputs: [{ url: clip }], outputFormat: 'mp4' };
    expect((await service.call('POST', '/v1/transcodes/validate', body, headers)).status).toBe(403);
  });

  it('return immediately, even if they have the maximum length', async () => {
    const filter = `[0:v]${'hflip,'.repeat(600)}vflip[v]`;
    const body = { inputs: [{ url: clip }], outputFormat: 'mp4', filters: [{ filter }] };
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      const started = performance.now();
      await validate(body);
      times.push(performance.now() - started);
    }
    // The fastest of several requests depends little on other work of the machine. A benchmark measures the usual time.
    expect(Math.min(...times)).toBeLessThan(1_000);
  });

  it('can be command strings, which become ordinary jobs', async () => {
    const body = {
      ffmpeg_command: 'ffmpeg -ss 0.2 -i {{in_1}} -vf "scale=160:-2,hflip" -c:v libx264 -crf 30 {{out_1}}',
      input_files: { in_1: clip },
      output_files: { out_1: 'small talk.mp4' },
      metadata: { order: 7 },
    };
    const headers = { 'idempotency-key': 'once' };
    const first = await service.call('POST', '/v1/commands?wait=60', body, headers);
    expect([first.status, first.json.status, first.json.error_message]).toEqual([201, 'completed', null]);
    expect(first.json).toMatchObject({ command_id: first.json.id, metadata: { user: { order: 7 } }, warnings: [] });
    expect(first.json.outputs[0]).toMatchObject({ width: 160, height: 90 });
    expect(first.headers.get('location')).toBe(`/v1/transcodes/${first.json.id}`);
    const link = (await service.call('GET', `/v1/transcodes/${first.json.id}/download`)).json.url;
    expect(decodeURIComponent(link)).toContain('small talk.mp4');
    expect((await service.call('POST', '/v1/commands', body, headers)).json.id).toBe(first.json.id);
    const other = { ...body, metadata: { order: 8 } };
    expect((await service.call('POST', '/v1/commands', other, headers)).status).toBe(409);
  });

  it('are rejected with the position of the fault if they are command strings with a fault', async () => {
    const files = { input_files: { in_1: clip }, output_files: { out_1: 'a.mp4' } };
    const unread = await command({ ...files, ffmpeg_command: '-i {{in_1}} -vf "hflip {{out_1}}' });
    expect([unread.status, unread.json.code]).toEqual([422, 'command_refused']);
    expect(unread.json.details.position).toMatchObject({ pointer: '/ffmpeg_command', offset: expect.any(Number) });
    const text = `-i {{in_1}} -metadata title="a b" -vf "hfl"ip\\,'scael=2:2' {{out_1}}`;
    const rejected = await command({ ...files, ffmpeg_command: text });
    expect([rejected.status, rejected.json.code]).toEqual([422, 'option_refused']);
    expect(rejected.json.details.position).toEqual({ pointer: '/ffmpeg_command', offset: text.indexOf('scael') });
    const inward = { ...files, input_files: { in_1: 'http://10.0.0.1/x.mp4' } };
    const source = await command({ ...inward, ffmpeg_command: '-i {{in_1}} {{out_1}}' });
    expect([source.status, source.json.code, source.json.details.position]).toEqual([
      422,
      'source_refused',
      { pointer: '/input_files/in_1', offset: null },
    ]);
    expect((await command({ ffmpeg_command: '-i x' })).status).toBe(400);
  });
});
