export { createLogger, type Logger, type LoggerOptions } from './logger.ts';
export { mergedMetrics, readMetrics } from './merge.ts';
export {
  addServiceGauges,
  createHttpMetrics,
  createRegistry,
  createWorkerMetrics,
  type HttpMetrics,
  type WorkerMetrics,
} from './metrics.ts';
export { type MetricsServer, type MetricsSource, startMetricsServer } from './metrics-server.ts';
export { prettyLine } from './pretty.ts';
export { addConnectionMetrics, addRowMetrics } from './process-metrics.ts';
export { scrub } from './scrub.ts';
export type { SignInResult } from './sign-in-metrics.ts';
export { type MeasureStage, type Stage, stageMeter } from './stages.ts';
export { inSpan, type TracedSpan, type Tracing } from './tracing.ts';
