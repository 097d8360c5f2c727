import { Problem, unreachable } from './problem.ts';

interface Put {
  url: string;
  bytes: Blob;
  headers: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** Called with the number of bytes of this request that have been sent. */
  onProgress: (sent: number) => void;
}

/** Sends bytes to a signed URL. Does not use `fetch`, because `fetch` reports no progress. Throws `Problem`. */
export function put({ url, bytes, headers, signal, onProgress }: Put): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener('abort', abort, { once: true });
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    request.addEventListener('error', () => reject(unreachable()));
    request.addEventListener('abort', () => reject(new DOMException('Aborted', 'AbortError')));
    request.addEventListener('load', () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new Problem(request.status, { message: `The storage rejected the file (${request.status}).` }));
    });
    request.addEventListener('loadend', () => signal.removeEventListener('abort', abort));
    request.open('PUT', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(bytes);
  });
}
