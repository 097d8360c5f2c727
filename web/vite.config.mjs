import { join } from 'node:path';
import { defineConfig } from 'vite';

/** Address at which `npx vite web` finds the service during development of the dashboard. */
const SERVICE = process.env.AIRLOCK_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: ['chrome123', 'firefox121', 'safari17.5'],
    emptyOutDir: false,
    // No asset is inlined, because the content security policy allows no `data:` and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Size in kB above which Vite warns. dash.js has 830 kB, but only the page that plays DASH loads it.
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: { input: ['index.html', 'player.html'].map((name) => join(import.meta.dirname, name)) },
  },
  server: {
    proxy: Object.fromEntries(['/v1', '/docs', '/openapi.json', '/health-check'].map((path) => [path, SERVICE])),
  },
});
