import type { Context } from '../domain/context.ts';
import type { Limits } from '../domain/limits.ts';
import type { Signals } from '../domain/signals.ts';
import type { Signer } from '../ids/signing.ts';
import type { ConnectionLimits } from '../net/connection-guard.ts';
import type { Planner } from '../planner/index.ts';
import type { HttpMetrics } from '../telemetry/index.ts';

export interface UrlVerdict {
  ok: boolean;
  reason?: string;
}

/** What the API is built from; the composition root hands it over. */
export interface ApiDeps {
  context: Context;
  /** For health checks, with a connection of their own: they must not wait behind a crowd of requests. */
  health: Pick<Context, 'db' | 'store'>;
  limits: Limits;
  signals: Signals;
  metrics: HttpMetrics;
  /** Reads requests; large ones in a thread. */
  planner: Pick<Planner, 'judge'>;
  /** Signs receipts and manifests. */
  signer: Signer;
  /** Shape of a source URL, without looking anything up. */
  checkSourceUrl: (url: string) => UrlVerdict;
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
