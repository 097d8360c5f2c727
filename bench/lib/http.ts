import { Agent, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface HttpResponse {
  status: number;
  bytes: Buffer;
}

const agent = new Agent({ keepAlive: true });
const secureAgent = new SecureAgent({ keepAlive: true });

/**
 * Sends a request on a connection that stays open. The CPU time of the client is part of the measurement, and `fetch` needs more than twice
 * as much CPU time for each request.
 */
export async function exchange(
  method: string,
  url: string,
  headers: Record<string, string> = {},
  body: Readable | string | null = null,
): Promise<HttpResponse> {
  const isSecure = url.startsWith('https:');
  const options = { method, headers, agent: isSecure ? secureAgent : agent };
  const sent = isSecure ? secureRequest(url, options) : request(url, options);
  const reply = new Promise<HttpResponse>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode!, bytes: Buffer.concat(chunks) }));
    });
  });
  if (body instanceof Readable) await pipeline(body, sent);
  else sent.end(body ?? undefined);
  return reply;
}
