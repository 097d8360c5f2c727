import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Page } from 'playwright-core';
import { startSource } from '../../testkit/source-server.ts';
import { blocks, ROOT, readPage } from '../docs/pages.ts';

/** The code blocks of the page about uploads, by the file name in the first line of each. */
const FILES = new Map(
  blocks(readPage('docs/upload-from-a-web-page.md').text, ['js', 'html']).map((code) => [
    /^(?:\/\/|<!--) (\S+)/.exec(code)![1]!,
    code,
  ]),
);

/** Resolves imports of these files, of the SDK, and of Uppy 5 by the package names of Uppy. */
function documented(uppy: 5 | 6): Plugin {
  return {
    name: 'documented',
    setup(bundler) {
      bundler.onResolve({ filter: /^doc:/ }, ({ path }) => ({ path: path.slice('doc:'.length), namespace: 'doc' }));
      bundler.onResolve({ filter: /^\.\//, namespace: 'doc' }, ({ path }) => ({
        path: path.slice(2),
        namespace: 'doc',
      }));
      bundler.onLoad({ filter: /.*/, namespace: 'doc' }, ({ path }) => ({
        contents: FILES.get(path)!,
        resolveDir: ROOT,
      }));
      if (uppy === 6) return;
      const real: Record<string, string> = { '@uppy/core': 'uppy5-core', '@uppy/aws-s3': 'uppy5-aws-s3' };
      bundler.onResolve({ filter: /^@uppy\/(core|aws-s3)$/ }, ({ path }) =>
        bundler.resolve(real[path]!, { kind: 'import-statement', resolveDir: ROOT }),
      );
    },
  };
}

async function bundle(contents: string, uppy: 5 | 6 = 6): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    ...{ bundle: true, write: false, platform: 'browser', format: 'iife', plugins: [documented(uppy)] },
  });
  return outputFiles[0]!.text;
}

const SCRIPTS: Record<string, () => Promise<string>> = {
  plain: () =>
    bundle(`import { connect } from 'doc:connect.js'; import { uploadFile } from 'doc:upload.js';
      globalThis.airlock = { connect, uploadFile };`),
  uppy6: () =>
    bundle(`import { connect } from 'doc:connect.js'; import { createUppy } from 'doc:uppy.js';
      import { uploadWithUppy } from 'doc:main.js';
      globalThis.airlock = { connect, createUppy, uploadWithUppy };`),
  uppy5: () =>
    bundle(
      `import { connect } from 'doc:connect.js'; import { createUppy } from 'doc:uppy5.js';
      globalThis.airlock = { connect, createUppy };`,
      5,
    ),
};

/** Loads the functions of the server in the documentation, with the SDK of this repository. */
export async function loadServer(
  url: string,
  key: string,
): Promise<{
  createToken(origin: string): Promise<{ id: string; token: string }>;
  createJob(fileUrl: string, tokenId: string): Promise<{ id: string }>;
}> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from 'doc:server.js'`, resolveDir: ROOT },
    ...{ bundle: true, write: false, platform: 'node', format: 'esm', plugins: [documented(6)] },
    alias: { 'airlock-sdk': join(ROOT, 'sdk/src/index.ts') },
    define: { 'process.env.AIRLOCK_URL': JSON.stringify(url), 'process.env.AIRLOCK_API_KEY': JSON.stringify(key) },
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0]!.text)}`);
}

/**
 * Starts a web site with its own origin. Its pages `/plain`, `/uppy6` and `/uppy5` run the documented code. It also serves the documented
 * files as a reader's web server would.
 */
export async function startSite(): Promise<{ origin: string; close(): Promise<void> }> {
  const server = await startSource(async (request, response) => {
    const name = request.url!.slice(1);
    const file = FILES.get(name);
    if (file) {
      response.setHeader('content-type', name.endsWith('.js') ? 'text/javascript' : 'text/html');
      response.end(file);
      return;
    }
    const script = SCRIPTS[name];
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(script ? `<!doctype html><script>${await script()}</script>` : '');
  });
  return { origin: server.url, close: server.close };
}

type Call = (method: string, path: string, body?: object) => Promise<unknown>;
interface Uppy {
  addFile(file: { name: string; type: string; data: Blob }): string;
  on(event: string, listener: (file: unknown, part: { PartNumber: number }) => void): void;
  pauseAll(): void;
  resumeAll(): void;
  upload(): Promise<{ successful: { size: number; uploadURL: string }[]; failed: { error: string }[] }>;
}
interface Documented {
  connect(url: string, token: string): Call;
  createUppy(call: Call): Uppy;
  uploadFile(call: Call, file: File, onProgress: (fraction: number) => void): Promise<string>;
  uploadWithUppy(url: string, token: string, file: File): Promise<string>;
}

/** Uploads a file with the documented page, as a person does. Returns what the page shows. */
export async function uploadByHand(page: Page, options: { url: string; token: string; file: string }): Promise<string> {
  await page.getByLabel('Airlock').fill(options.url);
  await page.getByLabel('Token').fill(options.token);
  await page.getByLabel('Video').setInputFiles(options.file);
  await page.getByRole('button', { name: 'Upload' }).click();
  const shown = page.locator('output').filter({ hasText: /./ });
  return (await shown.textContent()) ?? '';
}

/** Uploads a clip with the documented function for Uppy 6. Returns its `fileUrl`. */
export function uploadBriefly(page: Page, options: { url: string; token: string; clip: string }): Promise<string> {
  return page.evaluate(({ url, token, clip }) => {
    const { uploadWithUppy: send } = (globalThis as unknown as { airlock: Documented }).airlock;
    const bytes = Uint8Array.from(atob(clip), (letter) => letter.charCodeAt(0));
    return send(url, token, new File([bytes], 'from a page.mp4', { type: 'video/mp4' }));
  }, options);
}

/** Uploads a clip with plain code. Returns its `fileUrl` and the last progress. */
export function uploadPlainly(page: Page, options: { url: string; token: string; clip: string }) {
  return page.evaluate(async ({ url, token, clip }) => {
    const { connect, uploadFile } = (globalThis as unknown as { airlock: Documented }).airlock;
    const bytes = Uint8Array.from(atob(clip), (letter) => letter.charCodeAt(0));
    let progress = 0;
    const file = new File([bytes], 'from a page.mp4', { type: 'video/mp4' });
    const fileUrl = await uploadFile(connect(url, token), file, (fraction) => {
      progress = fraction;
    });
    return { fileUrl, progress };
  }, options);
}

/** Uploads a clip, followed by this number of empty bytes, with Uppy. Pauses after the first part, and then resumes. */
export function uploadWithUppy(page: Page, options: { url: string; token: string; clip: string; padding: number }) {
  return page.evaluate(async ({ url, token, clip, padding }) => {
    const { connect, createUppy } = (globalThis as unknown as { airlock: Documented }).airlock;
    const head = Uint8Array.from(atob(clip), (letter) => letter.charCodeAt(0));
    // Players skip this box.
    const box = new DataView(new ArrayBuffer(8));
    box.setUint32(0, padding);
    for (const [index, letter] of [...'free'].entries()) box.setUint8(4 + index, letter.charCodeAt(0));
    const data = new Blob([head, box, new Uint8Array(padding - 8)], { type: 'video/mp4' });
    const calls: string[] = [];
    const call = connect(url, token);
    const uppy = createUppy((method, path, body) => {
      calls.push(`${method} ${path.replace(/[0-9a-f-]{36}/, 'ID')}`);
      return call(method, path, body);
    });
    const parts: number[] = [];
    let pauses = 0;
    uppy.on('s3-multipart:part-uploaded', (_, part) => {
      parts.push(part.PartNumber);
      if (pauses++ > 0) return;
      uppy.pauseAll();
      setTimeout(() => uppy.resumeAll(), 50);
    });
    uppy.addFile({ name: 'from a page.mp4', type: 'video/mp4', data });
    const { successful, failed } = await uppy.upload();
    return {
      calls,
      parts: parts.sort(),
      files: successful.map(({ size, uploadURL }) => ({ size, uploadURL })),
      errors: failed.map(({ error }) => error),
      bytes: data.size,
    };
  }, options);
}
