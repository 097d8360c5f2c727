import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSigner } from '../../src/crypto/signing.ts';
import { blocks, readPage } from './pages.ts';

describe('the check that docs/receipts.md shows', () => {
  let folder: string;
  const signer = createSigner(Buffer.alloc(32, 3));
  const receipt = { type: 'airlock.receipt', deleted: [{ size: 12, sha256: null, note: 'ü "x"' }], complete: true };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-verify-'));
    const [script] = blocks(readPage('docs/receipts.md').text, ['js']);
    await writeFile(join(folder, 'verify.mjs'), script!);
    await writeFile(join(folder, 'keys.json'), JSON.stringify({ keys: [signer.key] }));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function check(signed: object): Promise<string> {
    await writeFile(join(folder, 'receipt.json'), JSON.stringify(signed));
    const args = ['verify.mjs', 'receipt.json', 'keys.json'];
    const run = promisify(execFile)(process.execPath, args, { cwd: folder });
    return (await run.catch((error: { stdout: string }) => error)).stdout.trim();
  }

  it.each(['receipt', 'manifest', 'head'])('accepts a genuine %s, and rejects an altered one', async (name) => {
    const signature = signer.sign(receipt);
    expect(await check({ [name]: receipt, ...signature })).toBe('good');
    expect(await check({ [name]: { ...receipt, complete: false }, ...signature })).toBe('NOT good');
    expect(await check({ [name]: receipt, ...createSigner(Buffer.alloc(32, 4)).sign(receipt) })).toBe('NOT good');
  });
});
