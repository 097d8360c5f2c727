/** Error codes of Node for a certificate that no trusted authority has signed. */
const UNTRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
]);
/** Message of a time-out of the driver, which sets no code for this error. */
const CONNECT_TIMEOUT = 'Connection terminated due to connection timeout';
const CA = 'add sslmode=verify-full&sslrootcert=/path/to/ca.pem to AIRLOCK_DATABASE_URL';

/** Reasons why a connection to PostgreSQL fails, and remedies, by the error code of Node or the SQLSTATE. */
const ADVICE: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID:
    'The certificate of PostgreSQL is for another host: name the host of the certificate in AIRLOCK_DATABASE_URL',
  CERT_HAS_EXPIRED: 'The certificate of PostgreSQL has expired: renew it, or correct the clock of this machine',
  CERT_NOT_YET_VALID: 'The certificate of PostgreSQL is not valid yet: correct the clock of this machine',
  '28P01': 'PostgreSQL rejected user or password: correct them in AIRLOCK_DATABASE_URL',
  '3D000': 'The database does not exist: create it, or correct its name in AIRLOCK_DATABASE_URL',
};

/** Error codes of Node for a host that cannot be reached. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
]);

interface ConnectError {
  code?: unknown;
  message?: string;
  /** Set for errors of a connection or of a DNS lookup. */
  address?: string;
  hostname?: string;
}

/**
 * Returns a sentence for an operator, or null for an error that does not concern a connection to PostgreSQL. The sentence contains no
 * address. `url` distinguishes an unreachable database from other unreachable hosts.
 */
export function connectAdvice(error: ConnectError, url?: string): string | null {
  const { message = '' } = error;
  const code = typeof error.code === 'string' ? error.code : '';
  if (UNREACHABLE.has(code) && isHostOf(error, url)) {
    return `PostgreSQL does not respond (${code}): start it, or correct host and port in AIRLOCK_DATABASE_URL.`;
  }
  if (message === CONNECT_TIMEOUT) {
    return 'PostgreSQL does not respond in time: start it, or correct host and port in AIRLOCK_DATABASE_URL.';
  }
  if (UNTRUSTED.has(code)) return `The certificate of PostgreSQL is not trusted: ${CA}.`;
  if (code === '28000') {
    return /no encryption/.test(message)
      ? `PostgreSQL requires TLS: ${CA}.`
      : 'PostgreSQL does not let this user in: correct pg_hba.conf, or AIRLOCK_DATABASE_URL.';
  }
  // The driver sets no code for this error.
  if (message === 'The server does not support SSL connections') {
    return 'PostgreSQL does not offer TLS: set ssl=on and a certificate there. Without TLS, use a network that no one else can read, and remove sslmode.';
  }
  return Object.hasOwn(ADVICE, code) ? `${ADVICE[code]}.` : null;
}

function isHostOf({ address, hostname }: ConnectError, url: string | undefined): boolean {
  if (!url || !URL.canParse(url)) return false;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return host === hostname || host === address || (host === 'localhost' && address !== undefined);
}
