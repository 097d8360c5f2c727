import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWebhookSecret, webhookHeaders } from '../../src/crypto/webhook-signature.ts';
import { blocks, readPage } from './pages.ts';

const run = promisify(execFile);
const BODY = '{"type":"webhook.test","text":"ü \\" $HOME `x`"}';

describe('the verifiers of the page about webhooks', () => {
  const { text } = readPage('docs/webhooks.md');
  const secret = makeWebhookSecret();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-webhooks-'));
    await writeFile(join(folder, 'verify.mjs'), blocks(text, ['js'])[0]!);
    await writeFile(join(folder, 'verify.py'), blocks(text, ['python'])[0]!);
    await writeFile(join(folder, 'verify.sh'), blocks(text, ['shell'])[0]!);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const message = (secrets = [secret], sentAt = new Date()) =>
    webhookHeaders({ id: 'msg_1', body: BODY, sentAt }, secrets);
  type Headers = ReturnType<typeof message>;
  const verifiers: Record<string, (headers: Headers, body: string) => Promise<boolean>> = {
    async Node(headers, body) {
      const { verify } = await import(join(folder, 'verify.mjs'));
      try {
        verify(secret, headers, Buffer.from(body));
        return true;
      } catch {
        return false;
      }
    },
    async Python(headers, body) {
      const code =
        'import json, sys, verify; verify.verify(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3].encode())';
      const args = ['-c', code, secret, JSON.stringify(headers), body];
      return run('python3', args, { cwd: folder }).then(
        () => true,
        () => false,
      );
    },
    async shell(headers, body) {
      await writeFile(join(folder, 'body.json'), body);
      const { stdout } = await run('sh', ['verify.sh'], {
        cwd: folder,
        env: {
          PATH: process.env.PATH,
          SECRET: secret,
          ID: headers['webhook-id'],
          TIMESTAMP: headers['webhook-timestamp'],
          SIGNATURE: headers['webhook-signature'],
        },
      });
      return stdout.trim() === 'genuine';
    },
  };

  it.each(Object.keys(verifiers))(
    'the verifiers of the page about webhooks for %s accept genuine deliveries, and reject all others',
    async (name) => {
      const verify = verifiers[name]!;
      expect(await verify(message(), BODY)).toBe(true);
      expect(await verify(message([makeWebhookSecret(), secret]), BODY)).toBe(true);
      expect(await verify(message([makeWebhookSecret()]), BODY)).toBe(false);
      expect(await verify(message(), `${BODY} `)).toBe(false);
      expect(await verify({ ...message(), 'webhook-id': 'msg_2' }, BODY)).toBe(false);
      expect(await verify(message([secret], new Date(Date.now() - 600_000)), BODY)).toBe(false);
    },
  );
});
