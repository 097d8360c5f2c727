/**
 * The allowed contents of spans: ids that Airlock generates, words from fixed lists, and numbers. Spans never contain an address, key, name
 * or option of a client.
 */
export interface SpanFacts {
  'http.request.method'?: string;
  /** The pattern of the route, never the path. */
  'http.route'?: string;
  'http.response.status_code'?: number;
  'airlock.request_id'?: string;
  'airlock.job_id'?: string;
  'airlock.kind'?: string;
  'airlock.resource_class'?: string;
  'airlock.attempt'?: number;
  /** How an attempt, a cell or a delivery ended. */
  'airlock.end'?: string;
  'airlock.delivery_id'?: string;
}

export interface SpanStart {
  kind?: 'server' | 'consumer' | 'client';
  /** The `traceparent` to continue. Without it, a new trace begins. */
  parent?: string | string[] | null | undefined;
  facts?: SpanFacts;
  /** Start of the span; now by default. */
  startedAt?: Date;
}

export interface TracedSpan {
  /** W3C `traceparent`, by which this or another process continues the trace. */
  readonly traceparent: string;
  /** `failed` marks the span as an error. */
  end(facts?: SpanFacts, failed?: boolean): void;
}

/** Traces of OpenTelemetry. No part of the SDK is loaded before `openTracing`. */
export interface Tracing {
  start(name: string, options?: SpanStart): TracedSpan;
  /** Sends the remaining spans. Never rejects. */
  close(): Promise<void>;
}

export interface ParentContext {
  traceId: string;
  spanId: string;
  /** 1 if the trace is recorded. */
  traceFlags: number;
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Parses a W3C `traceparent` of version 00. Returns null for any other value. A new trace then begins. */
export function parseTraceparent(text: unknown): ParentContext | null {
  const match = typeof text === 'string' ? TRACEPARENT.exec(text) : null;
  return match && { traceId: match[1]!, spanId: match[2]!, traceFlags: Number.parseInt(match[3]!, 16) & 1 };
}

export function formatTraceparent({ traceId, spanId, traceFlags }: ParentContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`;
}

/** Runs `work` in a span, or without a span if tracing is disabled. */
export async function inSpan<T>(
  tracing: Tracing | null,
  name: string,
  options: SpanStart,
  work: (span: TracedSpan | null) => Promise<T>,
): Promise<T> {
  const span = tracing?.start(name, options) ?? null;
  let failed = true;
  try {
    const result = await work(span);
    failed = false;
    return result;
  } finally {
    span?.end({}, failed);
  }
}
