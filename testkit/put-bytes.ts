import { request } from 'node:http';

/**
 * Sends many bytes with PUT, and returns the status of the response. `fetch` would copy the bytes twice. For 64 MiB, it would use 130 ms
 * of processor time instead of 10 ms, and cause garbage collections. Throws if the connection ends without a response.
 */
export function putBytes(url: string, bytes: Buffer, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'PUT', headers: { ...headers, 'content-length': bytes.length } },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode!));
      },
    );
    sent.on('error', reject);
    sent.end(bytes);
  });
}
