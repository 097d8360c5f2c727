import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type * as Sdk from '../../sdk/src/index.ts';
import { projectRoot } from '../../src/config/root.ts';

/** Loads the SDK into a page as a bundler builds it for browsers, without the file that needs Node. */
export async function loadSdk(page: Page): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(projectRoot(), 'sdk/src/index.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'AirlockSdk',
    footer: { js: 'globalThis.AirlockSdk = AirlockSdk;' },
    plugins: [
      {
        name: 'without-node',
        setup: (bundler) => {
          bundler.onResolve({ filter: /node-files/ }, ({ path }) => ({ path, namespace: 'absent' }));
          bundler.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: '' }));
        },
      },
    ],
  });
  // The debugger evaluates the script, so the content security policy of the page is unchanged.
  await page.evaluate(outputFiles[0]!.text);
}

/** Uploads a file from the page, waits for its job and reads the result, with a key of the account. */
export function transcodeIn(page: Page, options: { url: string; key: string; clip: string }) {
  return page.evaluate(async ({ url, key, clip }) => {
    const { Airlock } = (globalThis as unknown as { AirlockSdk: typeof Sdk }).AirlockSdk;
    const bytes = Uint8Array.from(atob(clip), (letter) => letter.charCodeAt(0));
    const input = new File([bytes], 'from a page.mp4', { type: 'video/mp4' });
    const stages = new Set<string>();
    const result = await new Airlock({ url, key }).transcode({
      input,
      output_format: 'mp3',
      onProgress: ({ stage }) => stages.add(stage),
    });
    const blob = await result.blob();
    await result.erase();
    return { status: result.job.status, stages: [...stages], bytes: blob.size, size: result.job.outputs[0]?.size };
  }, options);
}
