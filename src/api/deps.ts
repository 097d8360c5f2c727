import type { Limits } from '../accounts/limits.ts';
import type { Context } from '../database/context.ts';
import type { Signals } from '../events/signals.ts';
import type { Signer } from '../ids/signing.ts';
import type { JobsContext } from '../jobs/kind.ts';
import type { AdmissionServices } from '../kinds/kind.ts';
import type { ConnectionLimits } from '../net/connection-guard.ts';
import type { HttpMetrics } from '../telemetry/index.ts';

/** What the API is built from; the composition root hands it over. */
export interface ApiDeps extends AdmissionServices {
  context: JobsContext;
  /** For health checks, with a connection of their own: they must not wait behind a crowd of requests. */
  health: Pick<Context, 'db' | 'store'>;
  limits: Limits;
  signals: Signals;
  metrics: HttpMetrics;
  /** Signs receipts and manifests. */
  signer: Signer;
  settings: ApiSettings;
}

/** What routes that may wait need besides. */
export interface RouteDeps extends ApiDeps {
  /** Aborts when the API begins to stop. */
  stopping: AbortSignal;
}

export interface ApiSettings {
  version: string;
  /** Null while the port is not known yet. */
  publicUrl: string | null;
  /** Whether this process terminates TLS itself. */
  tls: { cert: string; key: string } | null;
  /** Whether the address that we listen on is a loopback address. */
  loopbackOnly: boolean;
  /** CIDRs of proxies whose x-forwarded-* headers are believed. */
  trustProxy: string[];
  /** Requests a minute for a key whose account says nothing else. */
  rateLimit: number;
  /** What one address, and all together, may take of the listener. */
  connections: ConnectionLimits;
}
