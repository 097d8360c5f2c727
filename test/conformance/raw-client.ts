import { connect, type Socket } from 'node:net';
import { AwsV4Signer } from 'aws4fetch';
import { BUCKET, CREDENTIAL, REGION } from './embedded-gateway.ts';

/** A connection on which a test can send any bytes. */
export interface RawConnection {
  socket: Socket;
  write(data: string | Buffer): void;
  /** Resolves with everything that was received when the server closes the connection. */
  ended: Promise<string>;
  /** Resolves with everything that was received so far, as soon as it matches. */
  until(pattern: RegExp): Promise<string>;
}

export function rawConnection(port: number): RawConnection {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1');
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    received += chunk;
  });
  return {
    socket,
    write: (data) => void socket.write(data),
    ended: new Promise((resolve) => socket.once('close', () => resolve(received))),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(received)) return;
          socket.off('data', look);
          resolve(received);
        };
        socket.on('data', look);
        socket.once('close', () =>
          pattern.test(received) ? resolve(received) : reject(new Error(`closed: ${received}`)),
        );
        look();
      }),
  };
}

/** Sends one request as written, and returns the complete response. */
export async function rawRequest(port: number, head: string, body: string | Buffer = ''): Promise<string> {
  const connection = rawConnection(port);
  connection.write(Buffer.concat([Buffer.from(`${head}\r\nconnection: close\r\n\r\n`), Buffer.from(body)]));
  return connection.ended;
}

/**
 * Signs a request with aws4fetch in the Authorization header, including every header. Signing does not use Airlock's own code, so that
 * verification is not tested against itself.
 */
export async function signedHeaders(
  method: string,
  url: string,
  headers: Record<string, string> = {},
  changes: object = {},
): Promise<Record<string, string>> {
  const signer = new AwsV4Signer({
    ...CREDENTIAL,
    region: REGION,
    service: 's3',
    allHeaders: true,
    method,
    url,
    headers,
    ...changes,
  });
  return Object.fromEntries((await signer.sign()).headers);
}

/** Returns a presigned URL with any headers and parameters. */
export async function presigned(
  method: string,
  endpoint: string,
  keyAndQuery: string,
  headers: Record<string, string> = {},
  changes: object = {},
): Promise<string> {
  const url = `${endpoint}/${BUCKET}/${keyAndQuery}`;
  const signer = new AwsV4Signer({
    ...CREDENTIAL,
    region: REGION,
    service: 's3',
    allHeaders: true,
    signQuery: true,
    method,
    url,
    headers,
    ...changes,
  });
  return (await signer.sign()).url.href;
}
