import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, upload } from '../../testkit/media.ts';
import { programArgs } from '../../testkit/program.ts';
import { runCli, shareService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';
import { runCommand } from '../helpers/run-command.ts';

type Shared = Awaited<ReturnType<typeof shareService>>;

let service: Shared;
let folder: string;
let clip: string;
let env: NodeJS.ProcessEnv;
const airlock = (...args: string[]) => runCommand(args, env, folder);
/** Runs a command that finds the service through its data directory. */
const onServer = (...args: string[]) =>
  runCommand(args, { ...env, AIRLOCK_URL: '', AIRLOCK_API_KEY: '', AIRLOCK_DATA_DIR: service.dataDir }, folder);
const json = async (...args: string[]) => JSON.parse((await airlock(...args, '--json')).stdout);

beforeAll(async () => {
  service = await shareService();
  folder = await mkdtemp(join(tmpdir(), 'airlock-client-'));
  clip = join(folder, 'in.mp4');
  await makeClip(clip, { size: '64x48' });
  env = {
    ...process.env,
    AIRLOCK_URL: service.api,
    AIRLOCK_API_KEY: service.key,
    AIRLOCK_DATA_DIR: join(folder, 'none'),
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('airlock jobs', () => {
  let made: string;
  let broken: string;
  beforeAll(async () => {
    const { fileUrl: url } = await upload(service, clip);
    const create = async (more: object) =>
      (await service.call('POST', '/v1/transcodes', { inputs: [{ url }], outputFormat: 'mp3', ...more })).json.id;
    made = await create({});
    broken = await create({ options: [{ option: '-ss', argument: '500' }] });
  });

  it('watches a job until it ends, as text and as events, and exits with a code for the result', async () => {
    const [good, bad, events] = await Promise.all([
      airlock('jobs', 'watch', made),
      airlock('jobs', 'watch', broken),
      airlock('jobs', 'watch', made, '--json'),
    ]);
    expect([good.code, good.stdout, good.stderr]).toEqual([0, '', expect.stringMatching(/✓ .*mp3.*0:01/)]);
    expect([bad.code, bad.stderr]).toEqual([1, expect.stringMatching(/✗ .*empty_media\n {2}\S/)]);
    const types = events.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect([types[0], types.at(-1)]).toEqual(['transcode.queued', 'transcode.completed']);
  });

  it('lists jobs as a table and as JSON, and filters them', async () => {
    const table = await airlock('jobs', 'list');
    expect(table.stdout).toMatch(/^ID +STATUS +DONE .*INPUT OR ERROR\n/);
    expect(table.stdout).toMatch(new RegExp(`^${made}  completed +100 % +mp3 .*clip\\.mp4$`, 'm'));
    expect(table.stdout).not.toContain('\x1b');
    const failed = await json('jobs', 'list', '--status', 'failed');
    expect(failed.items.map(({ id }: { id: string }) => id)).toEqual([broken]);
    const wrong = await airlock('jobs', 'list', '--limit', '999');
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('Use an integer from 1 to 100. --page 2 shows the next jobs.'),
    ]);
  });

  it('finds a job by the end of its id, and suggests the nearest id for an unknown one', async () => {
    const shown = await airlock('jobs', 'show', made.slice(-8));
    expect(shown.stdout).toMatch(new RegExp(`^${made}  completed\n`));
    expect(shown.stdout).toMatch(/^output +mp3 {2}mp3 {2}0:01 {2}\d/m);
    const typo = await airlock('jobs', 'show', made.slice(0, -1) + (made.endsWith('0') ? '1' : '0'));
    expect([typo.code, typo.stderr]).toEqual([2, expect.stringContaining(`Did you mean ${made}?`)]);
  });

  it('cancels and erases jobs, or prints the reason why it cannot', async () => {
    const late = await airlock('jobs', 'cancel', made);
    expect([late.code, late.stderr]).toEqual([
      1,
      expect.stringMatching(/status: completed.*\nSee http.*cancel_final/s),
    ]);
    expect((await airlock('jobs', 'erase', made)).stdout).toContain(`Erased ${made}`);
    expect((await service.call('GET', `/v1/transcodes/${made}/download`)).status).toBe(410);
    expect((await airlock('jobs', 'show', made)).stdout).toMatch(/^deleted +yes: the job is erased$/m);
  });

  it('updates a list until Ctrl-C', async () => {
    const child = spawn(process.execPath, programArgs(['jobs', 'list', '--watch']), {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    await until(() => text.includes(broken), { what: 'the first list' });
    const body = { inputs: [{ url: 'http://127.0.0.1:9/a.mp4' }], outputFormat: 'mp4' };
    // The stream may begin after the first job was created, so jobs are created until one is shown.
    const id = await until(
      async () => {
        const created = (await service.call('POST', '/v1/transcodes', body)).json.id;
        const isShown = () => (text.includes(created) ? created : null);
        return until(isShown, { what: 'the list with the job', timeoutMs: 5000 }).catch(() => null);
      },
      { what: 'a new job in the list' },
    );
    expect(text).toContain(id);
    child.kill('SIGINT');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });
});

describe('airlock uploads', () => {
  const request = { filename: 'page.mp4', contentType: 'video/mp4', fileSize: 1000 };
  const create = ['uploads', 'token', 'create', '--origin', 'https://app.example.com', '--max-bytes', '1000'];
  const presign = (token: string) =>
    fetch(`${service.api}/v1/upload/presigned-url`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        origin: 'https://app.example.com',
        'content-type': 'application/json',
      },
      body: JSON.stringify(request),
    });

  it('creates a token on the server of AIRLOCK_URL, and lists the uploads that the token began', async () => {
    const { id, token } = await json(...create, '--max-files', '1');
    expect((await presign(token)).status).toBe(200);
    expect((await presign(token)).status).toBe(403);
    const listed = await airlock('uploads', 'list', '--status', 'pending');
    expect(listed.stdout).toMatch(new RegExp(`page\\.mp4 +pending +1 kB +video/mp4 .* ${id}$`, 'm'));
    const wrong = await airlock('uploads', 'token', 'create', '--max-bytes', '1000');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--any-origin')]);
  });

  it('creates a token on the local server that stays valid after the command has ended, until its key is revoked', async () => {
    const made = await onServer(...create, '--account', service.account);
    const token = made.stdout.trim();
    expect(token).toMatch(/^al_upload_/);
    expect(made.stderr).toMatch(/for 10 files of at most 1 kB from https:\/\/app\.example\.com\n/);
    expect((await presign(token)).status).toBe(200);
    const [, key] = /\.\/airlock keys revoke (\S+)/.exec(made.stderr)!;
    expect((await onServer('keys', 'revoke', key!)).code).toBe(0);
    expect((await presign(token)).status).toBe(401);
  });
});

describe('airlock webhooks', () => {
  it('creates, lists, tests, rotates and deletes webhooks, shows their deliveries, and sends deliveries again', async () => {
    const received: string[] = [];
    let status = 204;
    const receiver = await startSource((request, response) => {
      received.push(String(request.headers['webhook-id']));
      request.resume().on('end', () => response.writeHead(status).end());
    });
    try {
      const url = `${receiver.url}/hook`;
      const made = await airlock('webhooks', 'create', url, '--types', 'batch.completed', '--description', 'mine');
      expect(made.stdout).toMatch(/^whsec_\S+\n$/);
      const { items } = await json('webhooks', 'list');
      const { id } = items.find((one: { url: string }) => one.url === url);
      expect((await airlock('webhooks', 'list')).stdout).toMatch(
        new RegExp(`^${id}  enabled  batch\\.completed  .*mine$`, 'm'),
      );
      expect(await airlock('webhooks', 'test', id)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('returned 204'),
      });
      const [delivery] = (await json('webhooks', 'deliveries', id)).items;
      expect((await airlock('webhooks', 'deliveries', id)).stdout).toMatch(/delivered +webhook\.test +1 +204/);
      expect((await airlock('webhooks', 'redeliver', delivery.id)).stdout).toContain(`msg_${delivery.id}`);
      await until(() => received.length === 2, { what: 'the delivery again' });
      expect(new Set(received)).toEqual(new Set([`msg_${delivery.id}`]));
      status = 500;
      expect(await airlock('webhooks', 'test', id)).toMatchObject({
        ...{ code: 1, stdout: expect.stringContaining('did not accept the test: 500') },
        stderr: expect.stringContaining('when-a-delivery-fails explains 500'),
      });
      const rotated = await airlock('webhooks', 'rotate', id, '--overlap', '60');
      expect(rotated.stdout).toMatch(/^whsec_/);
      expect(rotated.stdout).not.toBe(made.stdout);
      expect((await airlock('webhooks', 'delete', id)).stdout).toContain(`Deleted ${id}`);
    } finally {
      await receiver.close();
    }
  });
});

describe('airlock templates', () => {
  it('saves, lists, shows, changes and deletes a template, and transcodes with it', async () => {
    const request = { outputFormat: 'mp3', preset: { quality: 'low' } };
    await writeFile(join(folder, 'template.json'), JSON.stringify(request));
    expect((await airlock('templates', 'create', 'tones', 'template.json', '--description', 'Ring tones')).stdout).toBe(
      '✓ tones@1 is saved.\n',
    );
    const list = (await airlock('templates', 'list')).stdout;
    expect(list).toMatch(/^tones +1 +\S.*Ring tones$/m);
    expect(list).toMatch(/^airlock\/web +1 +built in +MP4/m);
    expect(JSON.parse((await airlock('templates', 'show', 'tones')).stdout)).toEqual(request);
    await writeFile(join(folder, 'template.json'), JSON.stringify({ ...request, outputFormat: 'ogg' }));
    expect(await json('templates', 'update', 'tones', 'template.json')).toMatchObject({
      ...{ version: 2, description: 'Ring tones' },
    });
    expect(await json('transcode', 'in.mp4', '--template', 'tones')).toMatchObject({ template: 'tones@2' });
    expect(await json('transcode', 'in.mp4', '--template', 'tones')).toMatchObject({ status: 'completed' });
    await json('transcode', 'in.mp4', 'own.mp3', '--template', 'tones@1');
    const files = (await readdir(folder)).filter((name) => /^(in-|own)/.test(name)).sort();
    expect(files).toEqual(['in-tones-2.ogg', 'in-tones.ogg', 'own.mp3']);
    const wrong = await airlock('transcode', 'in.mp4', '--template', 'tone');
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('tones')]);
    const two = await airlock('transcode', 'in.mp4', 'a.mp3', 'b.mp3', '--template', 'tones');
    expect([two.code, two.stderr]).toEqual([2, expect.stringContaining('at most one file')]);
    expect((await airlock('transcode', 'in.mp4')).stderr).toContain('--template');
    expect((await airlock('templates', 'delete', 'tones')).stdout).toContain('Deleted tones');
    expect((await airlock('templates', 'show', 'tones')).code).toBe(1);
  });
});

describe('airlock probe, validate, usage and transcribe', () => {
  it('airlock probe describes a file, and leaves nothing behind', async () => {
    const [text, response] = [await airlock('probe', 'in.mp4'), await json('probe', 'in.mp4')];
    expect(text.stdout).toMatch(/^duration +0:01/m);
    expect(text.stdout).toMatch(/^0 +video +h264 .*64×48, 25 fps/m);
    expect(response.streams.map(({ type }: { type: string }) => type)).toEqual(['video', 'audio']);
    const rejected = await airlock('probe', 'http://127.0.0.1:9/none.mp4');
    expect([rejected.code, rejected.stderr]).toEqual([1, expect.stringContaining('/docs/errors#probe_failed')]);
  });

  it('airlock validate checks a request, and prints the position and the remedy of each fault', async () => {
    const body = { inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp4' };
    await writeFile(join(folder, 'good.json'), JSON.stringify(body));
    await writeFile(
      join(folder, 'bad.json'),
      JSON.stringify({ ...body, options: [{ option: '-vf', argument: 'hflip,scael=2:2' }] }),
    );
    await writeFile(join(folder, 'no.json'), '{');
    const good = await airlock('validate', 'good.json');
    expect([good.code, good.stdout]).toEqual([0, expect.stringMatching(/^✓.*ffmpeg \\\n/s)]);
    const bad = await airlock('validate', 'bad.json');
    expect([bad.code, bad.stdout]).toEqual([
      1,
      expect.stringMatching(/options\[0\] scael, character 7.*→ Did you mean "scale"/s),
    ]);
    expect((await airlock('validate', 'no.json')).code).toBe(2);
  });

  it('airlock usage shows the usage of the account, and airlock transcribe prints the command that installs a missing model', async () => {
    const subtitles = await airlock('transcribe', 'in.mp4');
    expect([subtitles.code, subtitles.stderr]).toEqual([69, expect.stringContaining('./airlock transcribe install')]);
    const usage = await airlock('usage');
    expect([usage.code, usage.stdout]).toEqual([0, expect.stringMatching(/^stored +\d.* GB$/m)]);
  });
});

describe('commands that call a server', () => {
  it('call the server that runs on this machine, with a key of few scopes that is revoked when the command ends', async () => {
    const listed = await onServer('jobs', 'list', '--account', service.account, '--json');
    expect(JSON.parse(listed.stdout).total).toBeGreaterThan(0);
    const keys: { name: string; scopes: string[] }[] = JSON.parse(
      (await onServer('keys', 'list', '--all', '--json')).stdout,
    );
    const used = keys.find(({ name, scopes }) => name === 'airlock command' && scopes.join() === 'read');
    expect(used).toMatchObject({ scopes: ['read'], revoked_at: expect.any(String) });
    const stranger = await onServer('jobs', 'list', '--account', 'nobody-has-this-name');
    expect([stranger.code, stranger.stderr]).toEqual([1, expect.stringContaining('No account has that name')]);
  });

  it('explain how to start a server if none is running or responding, and what is wrong with the key', async () => {
    const without = { ...env, AIRLOCK_URL: '', AIRLOCK_API_KEY: '' };
    const none = await runCli(['jobs', 'list'], without, folder);
    expect([none.code, none.stderr]).toEqual([69, expect.stringMatching(/No service runs.*airlock up.*AIRLOCK_URL/)]);
    const gone = await runCli(['jobs', 'list'], { ...env, AIRLOCK_URL: 'http://127.0.0.1:9' }, folder);
    expect([gone.code, gone.stderr]).toEqual([69, expect.stringContaining('Check AIRLOCK_URL')]);
    const wrong = await runCli(['jobs', 'list'], { ...env, AIRLOCK_API_KEY: 'al_live_wrong' }, folder);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('Check AIRLOCK_API_KEY')]);
  });

  it('suggest the most similar command for an unknown command', async () => {
    expect((await airlock('jobs', 'lst')).stderr).toContain('Did you mean list?');
  });
});
