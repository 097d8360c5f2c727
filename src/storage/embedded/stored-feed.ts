import { isUploadKey } from '../keys.ts';
import type { S3Client } from '../s3/client.ts';
import type { Capabilities, StoredUpload } from '../types.ts';

/*
 * The request with which Airlock learns which uploads have arrived, an extension of S3: GET of the bucket. The response contains a line for
 * each object or part that a client stores through a signed URL from then on, and an occasional empty line. The response has no end.
 */

/** Parameter of GET of the bucket. */
export const STORED = 'airlock-stored';

/** Returns the line that reports a stored object (`parts` is 0) or a stored part. */
export function storedLine({ key, parts }: StoredUpload): string {
  return `${key} ${parts}\n`;
}

/** Returns the upload that a line reports, or null if the line reports no upload. */
export function parseStoredLine(line: string): StoredUpload | null {
  const [, key, parts] = /^(\S{1,1024}) (\d{1,5})$/.exec(line) ?? [];
  return key !== undefined && isUploadKey(key) ? { key, parts: Number(parts) } : null;
}

/** Returns `followStored`, which follows the gateway until the signal aborts or the connection ends. */
export function storedFollower(client: S3Client): NonNullable<Capabilities['followStored']> {
  return async ({ onOpen, onStored }, signal) => {
    const response = await client.send({
      method: 'GET',
      key: '',
      query: { [STORED]: '' },
      expected: [200],
      brief: true,
      outagePolicy: { ms: 0, signal, onUnreachable: () => {} },
    });
    onOpen();
    try {
      let rest = '';
      for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop()!;
        for (const line of lines) {
          const stored = parseStoredLine(line);
          if (stored) onStored(stored);
        }
      }
    } catch {
      // Treat a lost connection like a connection that ends.
    } finally {
      response.destroy();
    }
  };
}
