import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Progress } from '../../sdk/src/index.ts';
import { openTransport } from '../../sdk/src/transport.ts';
import { sendSource } from '../../sdk/src/upload.ts';
import type { Listening } from '../../testkit/servers.ts';
import { startSource } from '../../testkit/source-server.ts';

const PART_BYTES = 3_000_000;
const PARTS = 6;

describe('the parts of an upload that a job awaits', () => {
  let storage: Listening;
  /** Bodies that the storage has received, by their paths. */
  const received = new Map<string, Buffer>();
  let secondStarted = () => {};
  const second = new Promise<void>((resolve) => {
    secondStarted = resolve;
  });

  beforeAll(async () => {
    storage = await startSource(async (request, response) => {
      if (request.url === '/2') secondStarted();
      received.set(request.url!, await buffer(request));
      // Responds to the first part only after the second part has started.
      if (request.url === '/1') await second;
      response.end();
    });
  });
  afterAll(() => storage?.close());

  it('start in order: the second after the first is sent, and each later part after a third of the part before it is sent', async () => {
    const { url } = storage;
    let loaded = 0;
    /** Number of bytes that had been sent when each part started. */
    const starts: number[] = [];
    const transport = openTransport({
      ...{ url, key: null, timeoutMs: 30_000, retries: 0 },
      fetch: (input, init) => {
        starts.push(loaded);
        return fetch(input, init);
      },
    });
    const bytes = new Uint8Array(PARTS * PART_BYTES).map((_, index) => index / PART_BYTES);
    const source = { blob: new Blob([bytes]), name: 'clip.mp4', contentType: 'video/mp4' };
    const parts = Array.from({ length: PARTS }, (_, index) => ({ partNumber: index + 1, url: `${url}/${index + 1}` }));
    const target = { uploadId: 'upload', filename: 'clip.mp4', partSize: PART_BYTES, partCount: PARTS, parts };
    await sendSource(transport, source, target as never, {
      retries: 0,
      onProgress: (progress: Progress) => {
        if (progress.stage === 'upload') loaded = progress.loaded ?? 0;
      },
      isInOrder: true,
    });
    expect(starts).toHaveLength(PARTS);
    expect(starts[0]).toBe(0);
    expect(starts[1]).toBeGreaterThanOrEqual(PART_BYTES);
    // At most three parts are sent at a time, so when a part starts, all earlier parts except the previous two are complete.
    for (let index = 2; index < PARTS; index += 1) {
      expect(starts[index]).toBeGreaterThanOrEqual(Math.max(1, index - 2) * PART_BYTES + PART_BYTES / 3);
    }
    expect([...received.keys()]).toHaveLength(PARTS);
    expect(Buffer.concat(parts.map((_, index) => received.get(`/${index + 1}`)!)).equals(bytes)).toBe(true);
  });
});
