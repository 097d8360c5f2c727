import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/crypto/hash.ts';
import { isSignedBy, type PublicJwk } from '../../../src/crypto/signing.ts';
import { makeClip, transcode, upload } from '../../../testkit/media.ts';
import { call, type TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { startSource } from '../../../testkit/source-server.ts';
import { until } from '../../../testkit/until.ts';
import { isStored } from '../../helpers/disk.ts';
import { stopFfmpegs } from '../../helpers/processes.ts';
import { commandsOf } from '../../helpers/run-command.ts';
import { skipNote } from '../../helpers/skip-note.ts';
import { OTHER_STORAGE } from '../../helpers/storage.ts';

const SECRET_WORDS = /holiday|grandmother|seaside/i;

const storageNote = skipNote(OTHER_STORAGE && 'needs the embedded storage');

export const receipts = (given: () => TestService) => () => {
  let service: TestService;
  let folder: string;
  let erased: Promise<{ id: string }> | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-receipts-'));
    service = given();
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const get = (id: string, what: 'receipt' | 'manifest') => service.call('GET', `/v1/transcodes/${id}/${what}`);
  const keys = async (): Promise<PublicJwk[]> =>
    (await call(`${service.api}/.well-known/airlock-keys.json`, 'GET', null)).json.keys;
  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const sendClip = async (name: string, options = {}) => {
    const path = await makeClip(join(folder, name), { ...options, args: ['-metadata', `comment=${name}`] });
    return { ...(await upload(service, path, 'video/mp4', name)), bytes: await readFile(path) };
  };
  /** Creates and erases a job once, for all tests that only read its receipt. */
  const eraseJob = () => {
    erased ??= (async () => {
      const { fileUrl } = await sendClip('erased.mp4');
      const job = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp3' });
      await service.call('DELETE', `/v1/transcodes/${job.id}`);
      return job;
    })();
    return erased;
  };
  const save = async (value: unknown, name = 'document.json') => {
    await writeFile(join(folder, name), JSON.stringify(value));
    return join(folder, name);
  };

  it('are signed with one Ed25519 key, which is public', async () => {
    const response = await call(`${service.api}/.well-known/airlock-keys.json`, 'GET', null);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    const known = { kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA' };
    const text = expect.stringMatching(/^[\w-]{43}$/);
    expect(response.json).toEqual({ keys: [{ ...known, x: text, kid: text }] });
    const { signingKey } = JSON.parse(await readFile(join(service.dataDir, 'secrets.json'), 'utf8'));
    expect(response.text).not.toContain(signingKey);
  });

  it('contain hashes of inputs and outputs, the command, the build and the cell, and no text after an erase', async () => {
    const source = await sendClip('seaside holiday.mp4');
    const job = await transcode(service, {
      inputs: [{ url: source.fileUrl }],
      outputFormat: 'mp4',
      options: [
        { option: '-c:v', argument: 'libx264' },
        { option: '-metadata', argument: 'title=grandmother' },
      ],
    });
    const { status, json } = await get(job.id, 'manifest');
    expect(status).toBe(200);
    const output = Buffer.from(
      await (await fetch((await service.call('GET', `/v1/transcodes/${job.id}/download`)).json.url)).arrayBuffer(),
    );
    expect(json.manifest).toMatchObject({
      type: 'airlock.manifest',
      transcode_id: job.id,
      inputs: [
        { position: 0, role: 'input', size: source.bytes.length, sha256: sha256(source.bytes), container: 'rewritten' },
      ],
      outputs: [{ format: 'mp4', size: output.length, sha256: sha256(output) }],
      ffmpeg: { version: expect.stringMatching(/^ffmpeg version/), package: expect.any(String) },
      sandbox: { tier: 'bwrap' },
      attempt: { number: 1, exit_code: 0 },
      airlock: { version: expect.stringMatching(/^\d/) },
      erased_at: null,
    });
    const { argv, sha256: hash } = json.manifest.command;
    expect(argv[0]).toBe('ffmpeg');
    expect(argv).toContain('/in/0');
    expect(argv).toContain('title=grandmother');
    expect(hash).toBe(sha256(Buffer.from(canonicalJson(argv))));
    expect(isSignedBy(json.manifest, json, await keys())).toBe(true);
    expect(await get(job.id, 'manifest').then((again) => again.json)).toEqual(json);

    await service.call('DELETE', `/v1/transcodes/${job.id}`);
    const after = await get(job.id, 'manifest');
    expect(after.json.manifest).toEqual({
      ...json.manifest,
      command: { argv: null, sha256: hash },
      erased_at: expect.any(String),
    });
    expect(isSignedBy(after.json.manifest, after.json, await keys())).toBe(true);
    expect(after.text + (await get(job.id, 'receipt')).text).not.toMatch(SECRET_WORDS);
  });

  // An S3 storage cannot close keys, so a receipt becomes complete only after the URLs have expired, which no test waits for.
  it.skipIf(OTHER_STORAGE)(`list every deleted object of an erased job, with hash and time${storageNote}`, async () => {
    const source = await sendClip('holiday.mp4');
    const job = await transcode(service, { inputs: [{ url: source.fileUrl }], outputFormat: 'mp3' });
    const early = await get(job.id, 'receipt');
    expect([early.status, early.json.code]).toEqual([409, 'receipt_not_ready']);
    const before = Date.now();
    const { erased_at } = (await service.call('DELETE', `/v1/transcodes/${job.id}`)).json;
    const { status, json } = await get(job.id, 'receipt');
    expect(status).toBe(200);
    const { receipt } = json;
    expect(receipt).toMatchObject({
      type: 'airlock.receipt',
      transcode_id: job.id,
      status: 'completed',
      reason: 'erased',
      erased_at,
      complete: true,
      remaining: [],
      working_copies: [{ attempt: 1, removed_at: expect.any(String) }],
    });
    const facts = receipt.deleted.map(({ kind, size, sha256, reason }: Record<string, unknown>) => [
      kind,
      size,
      sha256,
      reason,
    ]);
    expect(facts.sort()).toEqual([
      ['output', job.outputs[0].size, job.outputs[0].sha256, 'erased'],
      ['upload', source.bytes.length, sha256(source.bytes), 'erased'],
    ]);
    for (const object of receipt.deleted) {
      expect(Date.parse(object.deleted_at)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(object.deleted_at)).toBeLessThanOrEqual(Date.parse(receipt.issued_at));
    }
    expect(await isStored(service, source.bytes)).toBe(false);
    expect(isSignedBy(receipt, json, await keys())).toBe(true);
    expect(isSignedBy({ ...receipt, complete: false }, json, await keys())).toBe(false);
  });

  it.skipIf(OTHER_STORAGE)(
    `are incomplete while bytes are in storage, regardless of the rows in the database${storageNote}`,
    async () => {
      const source = await sendClip('stays.mp4');
      const job = await transcode(service, { inputs: [{ url: source.fileUrl }], outputFormat: 'mp3' });
      await service.call('DELETE', `/v1/transcodes/${job.id}`);
      const database = await openServiceDatabase(service);
      try {
        // Simulates an object whose bytes are still in storage, although its row says that they are deleted.
        const other = await sendClip('other.mp4');
        const kept = await transcode(service, { inputs: [{ url: other.fileUrl }], outputFormat: 'mp3' });
        await database.query(
          `UPDATE objects SET job_id = $1, state = 'deleted', deleted_at = now()
        WHERE job_id = $2`,
          [job.id, kept.id],
        );
        const { receipt } = (await get(job.id, 'receipt')).json;
        expect(receipt.complete).toBe(false);
        expect(receipt.remaining).toMatchObject([{ kind: 'output', state: 'deleting' }]);
        await database.query(
          `UPDATE objects SET job_id = $2, state = 'live', deleted_at = null
        WHERE job_id = $1 AND deletion_reason IS NULL`,
          [job.id, kept.id],
        );
        expect((await get(job.id, 'receipt')).json.receipt.complete).toBe(true);
        await database.query('UPDATE attempts SET cleaned_at = NULL WHERE job_id = $1', [job.id]);
        expect((await get(job.id, 'receipt')).json.receipt).toMatchObject({
          complete: false,
          working_copies: [{ attempt: 1, removed_at: null }],
        });
      } finally {
        await database.end();
      }
    },
  );

  it.skipIf(OTHER_STORAGE)(
    `receipts of a job that was erased while it ran become complete when its worker has released the job${storageNote}`,
    async () => {
      const source = await sendClip('long.mp4', { seconds: 4, audio: false });
      const body = { inputs: [{ url: source.fileUrl }], outputFormat: 'mp4', preset: { quality: 'high' } };
      const { id } = (await service.call('POST', '/v1/transcodes', body)).json;
      // FFmpeg is stopped, so the job cannot end before the request arrives.
      await stopFfmpegs(service);
      await service.call('DELETE', `/v1/transcodes/${id}`);
      const complete = await until(
        async () => {
          const { receipt } = (await get(id, 'receipt')).json;
          return receipt.complete && receipt;
        },
        { what: 'a complete receipt' },
      );
      expect(complete).toMatchObject({ status: 'canceled', deleted: [{ kind: 'upload', reason: 'erased' }] });
      expect((await get(id, 'manifest')).json.code).toBe('transcode_not_completed');
    },
  );

  it.skipIf(OTHER_STORAGE)(`list an upload that another open job needs under remaining${storageNote}`, async () => {
    const source = await sendClip('shared.mp4');
    const long = await sendClip('slow.mp4', { seconds: 4 });
    const done = await transcode(service, { inputs: [{ url: source.fileUrl }], outputFormat: 'mp3' });
    const running = (
      await service.call('POST', '/v1/transcodes', {
        inputs: [{ url: long.fileUrl }, { url: source.fileUrl }],
        outputFormat: 'mp4',
      })
    ).json;
    // FFmpeg is stopped, so the job stays open.
    await stopFfmpegs(service);
    await service.call('DELETE', `/v1/transcodes/${done.id}`);
    const { receipt } = (await get(done.id, 'receipt')).json;
    expect(receipt).toMatchObject({
      complete: false,
      deleted: [{ kind: 'output' }],
      remaining: [{ kind: 'upload', sha256: sha256(source.bytes), state: 'in_use' }],
    });
    await service.call('DELETE', `/v1/transcodes/${running.id}`);
    expect((await get(done.id, 'receipt')).json.receipt).toMatchObject({ complete: true, remaining: [] });
  });

  it('are also created when the retention ends, and contain hashes of fetched sources', async () => {
    const clip = await makeClip(join(folder, 'fetched.mp4'));
    const bytes = await readFile(clip);
    const server = await startSource((_request, response) => response.end(bytes));
    try {
      const job = await transcode(service, {
        inputs: [{ url: `${server.url}/seaside.mp4` }],
        outputFormat: 'mp3',
        retention_seconds: 1,
      });
      expect((await get(job.id, 'manifest')).json.manifest.inputs).toEqual([
        { position: 0, role: 'input', kind: null, size: bytes.length, sha256: sha256(bytes), container: 'rewritten' },
      ]);
      const reply = await until(
        async () => {
          const given = await get(job.id, 'receipt');
          return given.status === 200 && given.json.receipt.complete ? given : null;
        },
        { what: 'the receipt of the retention' },
      );
      expect(reply.json.receipt).toMatchObject({
        reason: 'retention',
        deleted: [{ kind: 'output', reason: 'retention', sha256: job.outputs[0].sha256 }],
      });
      expect(reply.text).not.toMatch(SECRET_WORDS);
    } finally {
      server.close();
    }
  });

  it('are visible only to their account, with the scope read', async () => {
    const job = await eraseJob();
    const stranger = await service.makeKey('--account', 'stranger');
    const uploader = await service.makeKey('--scopes', 'upload');
    for (const what of ['receipt', 'manifest']) {
      const path = `${service.api}/v1/transcodes/${job.id}/${what}`;
      expect((await call(path, 'GET', stranger.key)).status).toBe(404);
      expect((await call(path, 'GET', uploader.key)).status).toBe(403);
      expect((await call(path, 'GET', null)).status).toBe(401);
      expect((await service.call('GET', `/v1/transcodes/nothing/${what}`)).status).toBe(404);
    }
  });

  it('are verified by the command with keys from the server and with saved keys', async () => {
    const job = await eraseJob();
    const signed = (await get(job.id, 'receipt')).json;
    const file = await save(signed);
    const pinned = await save({ keys: await keys() }, 'keys.json');
    const address = `${service.api}/.well-known/airlock-keys.json`;
    for (const args of [[], ['--keys', address], ['--keys', pinned]]) {
      const good = await commandsOf(service)('receipt', 'verify', file, ...args);
      expect([good.code, good.stdout], good.stderr).toEqual([0, expect.stringMatching(/^Good signature/)]);
    }
    const manifest = await save((await get(job.id, 'manifest')).json, 'manifest.json');
    expect((await commandsOf(service)('receipt', 'verify', manifest, '--keys', pinned)).code).toBe(0);

    const forged = await save({ ...signed, receipt: { ...signed.receipt, deleted: [] } }, 'forged.json');
    const bad = await commandsOf(service)('receipt', 'verify', forged, '--keys', pinned);
    expect([bad.code, bad.stderr]).toEqual([1, expect.stringMatching(/signature does not match/)]);
    const foreign = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    const others = await save({ keys: [{ ...foreign, kid: 'x', use: 'sig', alg: 'EdDSA' }] }, 'others.json');
    const unknown = await commandsOf(service)('receipt', 'verify', file, '--keys', others);
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringMatching(/key .* is not among/)]);
    const clear = await commandsOf(service)('receipt', 'verify', file, '--keys', 'http://192.0.2.1/keys.json');
    expect([clear.code, clear.stderr]).toEqual([2, expect.stringMatching(/https/)]);
  });

  it('are verified by a command that also verifies the audit log and a saved head of the log', async () => {
    // Runs these commands in separate processes, because the built program loads faster than the sources of the commands.
    const head = await service.cli('audit', 'head');
    expect(head.code, head.stderr).toBe(0);
    const file = await save(JSON.parse(head.stdout), 'head.json');
    const verify = (...args: string[]) => service.cli('audit', 'verify', '--json', ...args);
    const complete = await verify('--head', file);
    expect(complete.code, complete.stderr).toBe(0);
    const { rows, checkpoints, problem } = JSON.parse(complete.stdout);
    expect(problem).toBeNull();
    // The service may append a row at any time.
    expect(rows).toBeGreaterThanOrEqual(JSON.parse(head.stdout).head.seq);
    expect(checkpoints).toBeGreaterThanOrEqual(2);

    const database = await openServiceDatabase(service);
    try {
      await database.query(`UPDATE audit_log SET actor = 'somebody' WHERE seq = 2`);
      const altered = await verify();
      expect([altered.code, JSON.parse(altered.stdout)]).toMatchObject([1, { brokenAt: 2, problem: 'altered' }]);
      await database.query('DELETE FROM audit_log WHERE seq >= 2; DELETE FROM audit_checkpoints');
      expect((await verify()).code).toBe(0);
      const cut = await service.cli('audit', 'verify', '--head', file);
      expect([cut.code, cut.stderr]).toEqual([1, expect.stringMatching(/Row 2 of the audit log is missing/)]);
    } finally {
      await database.end();
    }
  });
};
