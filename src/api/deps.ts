import type { Limits } from '../accounts/limits.ts';
import type { Signer } from '../crypto/signing.ts';
import type { Context } from '../database/context.ts';
import type { Signals } from '../events/signals.ts';
import type { Archives } from '../jobs/archives.ts';
import type { AdmissionServices, KindsContext } from '../kinds/kind.ts';
import type { ConnectionLimits } from '../listener/connection-guard.ts';
import type { HttpMetrics, Tracing } from '../telemetry/index.ts';

/** Dependencies of the API, composed in `src/cli/`. */
export interface ApiDeps extends AdmissionServices {
  context: KindsContext;
  /** Database and storage for health checks, which use their own connection so that they do not wait for other requests. */
  health: Pick<Context, 'db' | 'store'>;
  limits: Limits;
  signals: Signals;
  metrics: HttpMetrics;
  /** Null unless tracing is enabled. */
  tracing?: Tracing | null;
  /** Signs receipts and manifests. */
  signer: Signer;
  /** Aborts when this process is about to stop, but still serves requests. */
  draining: AbortSignal;
  settings: ApiSettings;
}

/** Further dependencies of routes that wait. */
export interface RouteDeps extends ApiDeps {
  /** Aborts when the API begins to stop. */
  stopping: AbortSignal;
  /** Creates zips of outputs with many files. */
  archives: Archives;
}

export interface ApiSettings {
  version: string;
  /** URL under which clients know the server. Null until the port is known. */
  publicUrl: string | null;
  /** Whether this process terminates TLS itself. */
  tls: { cert: string; key: string } | null;
  /** Whether the API listens on a loopback address. */
  loopbackOnly: boolean;
  /** CIDRs of proxies whose x-forwarded-* headers are trusted. */
  trustProxy: string[];
  /** Maximum number of requests per minute of a key, unless its account sets another limit. */
  rateLimit: number;
  /** Maximum bytes of one upload, unless its account sets another limit. */
  maxUploadBytes: number;
  /** Limits of connections, per address and in total. */
  connections: ConnectionLimits;
  /** Event-loop delay in milliseconds above which the API rejects new requests with `503`. Defaults to 3,000. */
  maxLoopDelayMs?: number;
}
