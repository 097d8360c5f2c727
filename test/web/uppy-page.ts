import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { blocks, ROOT, readPage } from '../docs/pages.ts';

/** What the recipe in the documentation makes, as far as the test uses it. */
interface RecipeOfUppy {
  createUppy(call: (method: string, path: string, body?: object) => Promise<unknown>): {
    addFile(file: { name: string; type: string; data: Blob }): string;
    upload(): Promise<{ successful: { size: number; uploadURL: string }[]; failed: { error: string }[] }>;
  };
}

/** Loads the recipe for Uppy into a page as the documentation shows it. */
export async function loadUppy(page: Page): Promise<void> {
  const [contents] = blocks(readPage('docs/recipes/workflow.md').text, ['js']).filter((code) => /uppy/.test(code));
  const { outputFiles } = await build({
    stdin: { contents: contents!, resolveDir: ROOT },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'UppyRecipe',
    footer: { js: 'globalThis.UppyRecipe = UppyRecipe;' },
  });
  // Evaluated by the debugger: the content security policy of the page stays as it is.
  await page.evaluate(outputFiles[0]!.text);
}

/** Uploads a silent WAV file of this size. Returns the requests to the API and the result of Uppy. */
export function uploadIn(page: Page, options: { url: string; key: string; bytes: number }) {
  return page.evaluate(async ({ url, key, bytes }) => {
    const { createUppy } = (globalThis as unknown as { UppyRecipe: RecipeOfUppy }).UppyRecipe;
    const calls: string[] = [];
    const uppy = createUppy(async (method, path, body) => {
      calls.push(`${method} ${path.replace(/[0-9a-f-]{36}/, 'ID')}`);
      const response = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
      const reply = (await response.json()) as { message: string; result: unknown };
      if (!response.ok) throw new Error(reply.message);
      return reply.result;
    });
    const header = new DataView(new ArrayBuffer(44));
    const text = (at: number, letters: string) => {
      for (const [index, letter] of [...letters].entries()) header.setUint8(at + index, letter.charCodeAt(0));
    };
    text(0, 'RIFF');
    header.setUint32(4, bytes - 8, true);
    text(8, 'WAVEfmt ');
    header.setUint32(16, 16, true);
    header.setUint16(20, 1, true);
    header.setUint16(22, 2, true);
    header.setUint32(24, 48_000, true);
    header.setUint32(28, 192_000, true);
    header.setUint16(32, 4, true);
    header.setUint16(34, 16, true);
    text(36, 'data');
    header.setUint32(40, bytes - 44, true);
    const data = new Blob([header, new Uint8Array(bytes - 44)], { type: 'audio/wav' });
    uppy.addFile({ name: 'from a page.wav', type: 'audio/wav', data });
    const { successful, failed } = await uppy.upload();
    return {
      calls,
      files: successful.map(({ size, uploadURL }) => ({ size, uploadURL })),
      errors: failed.map(({ error }) => error),
    };
  }, options);
}
