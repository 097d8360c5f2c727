import { AirlockError } from './errors.ts';
import type { EventData, KeptEvent, ProgressData } from './event-data.ts';
import { pause, pauseMs, type Transport, unreachable } from './transport.ts';

/**
 * An event that a stream sends. `type` determines what `data` contains. A newer server may send other types. `id` is a cursor: pass it to
 * resume after this event.
 */
export type StreamEvent =
  | { [T in KeptEvent]: { id: string; type: T; data: EventData[T] & { created_at: string } } }[KeptEvent]
  /** This event is not stored, so you cannot resume after it. */
  | { id: null; type: 'transcode.progress'; data: ProgressData };

export interface EventsOptions {
  /** Types of the events to return. If absent, the stream contains all types. */
  types?: readonly string[] | undefined;
  /** ID of the event after which the stream resumes. If absent, the stream of an account contains only new events. */
  after?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Milliseconds of silence after which a connection is considered dead or buffered by a proxy. The server sends a comment every 15 seconds.
 */
const SILENCE_MS = 40_000;

/**
 * Follows a stream of events. If the connection breaks, resumes after the last event. Ends after an event for which `isLast` returns true.
 * Throws the errors of the server, and `unreachable` after `retries` attempts in a row without an event.
 */
export async function* followEvents(
  transport: Transport,
  path: string,
  options: EventsOptions & { retries: number; isLast?(event: StreamEvent): boolean },
): AsyncGenerator<StreamEvent, void, undefined> {
  let { after } = options;
  for (let failures = 0; ; failures++) {
    if (failures > 0) await pause(pauseMs(failures - 1, null), options.signal);
    try {
      for await (const event of oneStream(transport, path, { ...options, after })) {
        failures = 0;
        after = event.id ?? after;
        yield event;
        if (options.isLast?.(event)) return;
      }
      if (failures >= options.retries) throw unreachable('The stream of events', {});
    } catch (error) {
      const isCut = error instanceof AirlockError && error.code === 'unreachable';
      if (!isCut || failures >= options.retries) throw error;
    }
  }
}

async function* oneStream(transport: Transport, path: string, { types, after, signal }: EventsOptions) {
  const silence = new AbortController();
  const either = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  heard();
  try {
    const response = await transport.send('GET', path, {
      query: { types: types?.join(','), after },
      headers: { accept: 'text/event-stream' },
      signal: either,
    });
    if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body) {
      throw new AirlockError({ code: 'unexpected_response', message: 'The server sent no stream of events.' });
    }
    yield* readStream(response.body, heard);
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof AirlockError ? error : unreachable('The stream of events', error);
  } finally {
    clearTimeout(timer);
    // Closes the connection if the caller has left the stream early.
    silence.abort();
  }
}

/** Parses a stream of server-sent events. Calls `onBytes` for all bytes, including comments. */
export async function* readStream(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void = () => {},
): AsyncGenerator<StreamEvent, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      onBytes();
      text += decoder.decode(value, { stream: true });
      const blocks = text.split(/\r?\n\r?\n/);
      text = blocks.pop()!;
      for (const block of blocks) {
        const event = parse(block);
        if (event) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parse(block: string): StreamEvent | null {
  let [id, type] = [null as string | null, 'message'];
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, name, value = ''] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? [];
    if (name === 'id') id = value;
    else if (name === 'event') type = value;
    else if (name === 'data') data.push(value);
  }
  return data.length === 0 ? null : ({ id, type, data: JSON.parse(data.join('\n')) } as StreamEvent);
}
