import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeFromUrl } from '../../src/storage/store-url.ts';
import { openBrowser } from '../../testkit/browser.ts';
import { linkRootImage, makeDataDir } from '../../testkit/data-directory.ts';
import { ffprobe, makeClip, transcode, upload } from '../../testkit/media.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { startService, type TestService } from '../../testkit/service.ts';
import { SWIFT_ACCOUNTS } from '../../testkit/swift/config.ts';
import { shareSwiftServers, swiftIsExpected, swiftVariables } from '../../testkit/swift/start.ts';
import { until } from '../../testkit/until.ts';
import { makeDatabase, type TestDatabase } from '../helpers/database.ts';
import { skipNote } from '../helpers/skip-note.ts';

/** The last account. `sharing.ts` assigns accounts from 1, and `swift.test.ts` uses account 0. */
const ACCOUNT = SWIFT_ACCOUNTS - 1;

// `./airlock test --storage swift` runs all of test/e2e on Swift.
const swiftNote = skipNote(!swiftIsExpected() && 'OpenStack Swift is not installed');

describe.skipIf(!swiftIsExpected())(
  `a service on an external S3 storage and an external PostgreSQL${swiftNote}`,
  () => {
    let swift: Awaited<ReturnType<typeof shareSwiftServers>>;
    let database: TestDatabase;
    let service: TestService;
    let folder: string;
    let variables: Record<string, string>;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'airlock-swift-service-'));
      [swift, database] = await Promise.all([shareSwiftServers(), makeDatabase(), makeClip(join(folder, 'clip.mp4'))]);
      variables = await swiftVariables(swift.endpoint, ACCOUNT);
      const dataDir = await makeDataDir();
      await linkRootImage(dataDir);
      service = await startService({ ...variables, AIRLOCK_DATABASE_URL: database.url }, { dataDir });
    });
    afterAll(async () => {
      await service?.remove();
      await database?.drop();
      await rm(folder, { recursive: true, force: true });
    });

    async function storedKeys(): Promise<string[]> {
      const store = storeFromUrl(variables.AIRLOCK_STORAGE_URL!, variables);
      const keys: string[] = [];
      for await (const { key } of store.list('')) keys.push(key);
      await store.close();
      return keys;
    }

    it('stores an upload, transcodes it, serves the output and erases both', async () => {
      const { fileUrl, uploadUrl } = await upload(service, join(folder, 'clip.mp4'));
      expect(uploadUrl).toContain(`${swift.endpoint}/airlock/uploads/`);
      const job = await transcode(service, {
        inputs: [{ url: fileUrl }],
        outputFormat: 'webm',
        preset: { quality: 'low' },
      });
      expect(job.status).toBe('completed');
      const { url } = (await service.call('GET', `/v1/transcodes/${job.id}/download`)).json;
      const output = join(folder, 'output.webm');
      await writeFile(output, Buffer.from(await (await fetch(url)).arrayBuffer()));
      expect((await ffprobe(output)).format.format_name).toContain('webm');
      expect(await storedKeys()).toHaveLength(2);

      expect((await service.call('DELETE', `/v1/transcodes/${job.id}?inputs=true`)).status).toBe(200);
      expect(await storedKeys()).toEqual([]);
      expect((await fetch(url)).status).toBe(404);
    });

    it('plays a ladder to its end in Chromium, through links to storage', async () => {
      const { fileUrl } = await upload(service, join(folder, 'clip.mp4'));
      const outputs = [
        { name: 'stream', outputFormat: 'hls', ladder: [{ height: 120 }] },
        { name: 'scrub', outputFormat: 'sprite', every_seconds: 1 },
      ];
      const job = await transcode(service, { inputs: [{ url: fileUrl }], outputs });
      expect(job.status).toBe('completed');
      const { json } = await service.call('POST', `/v1/transcodes/${job.id}/playback`);
      const browser = await openBrowser();
      try {
        const page = await browser.newPage();
        const read = new Set<string>();
        page.on('response', (response) => response.ok() && read.add(new URL(response.url()).origin));
        await page.goto(json.page_url);
        await page.locator('#seek:enabled').waitFor();
        await page.evaluate(`document.querySelector('video').muted = true`);
        await page.getByRole('button', { name: 'Play' }).click();
        await until(() => page.evaluate<boolean>(`document.querySelector('video').ended`), { what: 'the end' });
        expect([...read].sort()).toEqual([service.api, swift.endpoint].sort());
      } finally {
        await browser.close();
      }
      const picture = await fetch(new URL('sprite-1.jpg', json.thumbnails_track), { headers: { origin: 'null' } });
      expect([picture.status, new URL(picture.url).origin]).toEqual([200, swift.endpoint]);
      expect((await service.call('DELETE', `/v1/transcodes/${job.id}?inputs=true`)).status).toBe(200);
      expect(await storedKeys()).toEqual([]);
    });

    it('accepts an upload in parts', async () => {
      const path = join(folder, 'sound.wav');
      await makeMedia(path, ['-f', 'lavfi', '-i', 'sine=d=60:r=48000', '-ac', '2']);
      const bytes = await readFile(path);
      const file = { filename: 'sound.wav', contentType: 'audio/wav', fileSize: bytes.length };
      const begun = (await service.call('POST', '/v1/upload/multipart', file)).json.result;
      expect(begun.partCount).toBe(2);
      const parts = [];
      for (const { partNumber, url, size } of begun.parts) {
        const from = (partNumber - 1) * begun.partSize;
        const sent = await fetch(url, { method: 'PUT', body: new Uint8Array(bytes.subarray(from, from + size)) });
        parts.push({ partNumber, etag: sent.headers.get('etag') });
      }
      const { uploadId, filename } = begun;
      const confirmed = await service.call('POST', '/v1/upload/confirm', {
        uploadId,
        filename,
        fileSize: bytes.length,
        parts,
      });
      expect([confirmed.status, confirmed.json.result?.metadata.audio_codec]).toEqual([200, 'pcm_s16le']);
    });

    it('starts neither a database nor a storage of its own', async () => {
      expect(service.pids('api')).toHaveLength(1);
      expect(service.pids('worker')).toHaveLength(1);
      expect([...service.pids('postgres'), ...service.pids('gateway')]).toEqual([]);
      const made = await readdir(service.dataDir);
      expect(made.filter((name) => /postgres|pgsql|storage|socket/.test(name))).toEqual([]);
    });
  },
);
