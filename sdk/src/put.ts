import { type Transport, unreachable } from './transport.ts';

export interface Put {
  blob: Blob;
  headers: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Called with the number of bytes that have been sent. */
  onLoaded(bytes: number): void;
}

/** The members of `XMLHttpRequest` that the SDK uses. In browsers, only this API reports how many bytes have been sent. */
interface Xhr {
  upload: { onprogress: ((event: { loaded: number }) => void) | null };
  status: number;
  responseText: string;
  onload: (() => void) | null;
  onerror: ((event: unknown) => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  send(body: Blob): void;
  abort(): void;
}

/** Sends bytes to a signed URL, and reports how many bytes have been sent. */
export function putBlob(transport: Transport, url: string, put: Put): Promise<Response> {
  const { XMLHttpRequest } = globalThis as { XMLHttpRequest?: new () => Xhr };
  return XMLHttpRequest ? putByXhr(new XMLHttpRequest(), url, put) : putByFetch(transport, url, put);
}

function putByFetch(transport: Transport, url: string, { blob, headers, signal, onLoaded }: Put): Promise<Response> {
  let loaded = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      loaded += chunk.byteLength;
      onLoaded(loaded);
    },
  });
  const init = {
    method: 'PUT',
    // Without this header, the body would be chunked, and the storage would reject the request.
    headers: { ...headers, 'content-length': String(blob.size) },
    body: (blob.stream() as ReadableStream<Uint8Array>).pipeThrough(count),
    duplex: 'half',
    ...(signal && { signal }),
  };
  return transport.signed(url, init as RequestInit);
}

function putByXhr(xhr: Xhr, url: string, { blob, headers, signal, onLoaded }: Put): Promise<Response> {
  return new Promise((resolve, reject) => {
    const stop = () => xhr.abort();
    const end = (work: () => void) => () => {
      signal?.removeEventListener('abort', stop);
      work();
    };
    xhr.upload.onprogress = ({ loaded }) => onLoaded(loaded);
    xhr.onload = end(() => resolve(new Response(xhr.responseText, { status: xhr.status })));
    xhr.onerror = end(() => reject(unreachable('The storage', {})));
    xhr.onabort = end(() => reject(signal?.reason));
    if (signal?.aborted) return reject(signal.reason);
    signal?.addEventListener('abort', stop, { once: true });
    xhr.open('PUT', url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.send(blob);
  });
}
