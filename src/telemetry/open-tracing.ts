import { ConfigError } from '../config/config-error.ts';
import { formatTraceparent, parseTraceparent, type SpanFacts, type Tracing } from './tracing.ts';

export interface TracingOptions {
  /** Address that accepts OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`. */
  url: string;
  /**
   * Percentage of the traces that begin in this process and are recorded, from 0 to 100. A trace that began elsewhere keeps its decision.
   */
  percent: number;
  role: string;
  version: string;
}

/** Milliseconds to wait for the collector when a process exits. */
const CLOSE_MS = 3_000;

/** Loads the SDK of OpenTelemetry, which the operator has installed. Throws `ConfigError` if the SDK is not installed. */
export async function openTracing({ url, percent, role, version }: TracingOptions): Promise<Tracing> {
  const { api, sdk, exporter, resources } = await loadPackages();
  const provider = new sdk.BasicTracerProvider({
    resource: resources.resourceFromAttributes({
      'service.name': `airlock-${role}`,
      'service.namespace': 'airlock',
      'service.version': version,
    }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(percent / 100) }),
    spanProcessors: [new sdk.BatchSpanProcessor(new exporter.OTLPTraceExporter({ url }))],
  });
  const tracer = provider.getTracer('airlock', version);
  const kinds = { server: api.SpanKind.SERVER, consumer: api.SpanKind.CONSUMER, client: api.SpanKind.CLIENT };
  return {
    start(name, { kind, parent, facts = {}, startedAt } = {}) {
      const remote = parseTraceparent(parent);
      const context = remote
        ? api.trace.setSpanContext(api.ROOT_CONTEXT, { ...remote, isRemote: true })
        : api.ROOT_CONTEXT;
      const options = {
        kind: kind ? kinds[kind] : api.SpanKind.INTERNAL,
        attributes: { ...facts },
        ...(startedAt && { startTime: startedAt }),
      };
      const span = tracer.startSpan(name, options, context);
      return {
        traceparent: formatTraceparent(span.spanContext()),
        end(more: SpanFacts = {}, failed = false) {
          span.setAttributes({ ...more });
          if (failed) span.setStatus({ code: api.SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    async close() {
      // A collector that does not respond must not delay the exit of the process.
      const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
      await Promise.race([provider.shutdown().catch(() => {}), late]);
    },
  };
}

async function loadPackages() {
  try {
    const [api, sdk, exporter, resources] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
    return { api, sdk, exporter, resources };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const remedy = 'Install it as docs/operate/monitoring.md#traces describes, or unset the variable';
    throw new ConfigError('AIRLOCK_TRACES', 'the SDK of OpenTelemetry is not installed', remedy);
  }
}
