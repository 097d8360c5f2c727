/* Numbers of the API, separate from the schemas, because the storage gateway needs one of them, but no validator. */

export const MAX_BODY_BYTES = 1024 * 1024;
/** Maximum bytes of an upload with one PUT. Also the default for an upload in parts. */
export const MAX_UPLOAD_BYTES = 2_048_576_000;
/** Maximum bytes of an upload in parts that an operator can allow. */
export const MAX_PARTS_UPLOAD_BYTES = 100_000_000_000;
/** Maximum number of parts of one upload, so that a confirm can list all of them. */
export const MAX_UPLOAD_PARTS = 1000;
/**
 * Minimum and maximum bytes of a part, except the last. The minimum is the minimum of S3. The maximum bounds the loss if a connection
 * breaks.
 */
export const PART_BYTES = { least: 5 * 1024 * 1024, most: 512 * 1024 * 1024 };
/** Lifetime of the signed URL of a part in seconds. */
export const PART_URL_SECONDS = 3600;
/** Lifetime of a signed download URL in seconds. */
export const DOWNLOAD_SECONDS = 600;
/** Lifetime of a signed upload URL in seconds. */
export const UPLOAD_SECONDS = 900;
/**
 * Maximum bytes of texts (metadata, warnings, error messages, URLs) in one page of a list. Every job adds about 2 KB of other fields, so
 * the largest response has about 750 KB.
 */
export const LIST_PAGE_BYTES = 512 * 1024;
/**
 * Limits of concurrent requests of one key, and of all keys of an account. `active` counts requests that are being processed or whose
 * responses are being read. `open` also counts waiting requests, such as `?wait=`, and a confirm during its inspection.
 */
export const KEY_REQUESTS = { active: 32, open: 500 };
export const ACCOUNT_REQUESTS = { active: 64, open: 1000 };
/** Limits of concurrent requests of one address on routes that need no key. */
export const ADDRESS_REQUESTS = { active: 16, open: 64 };
/** Maximum bytes of a body on routes that need no key. */
export const MAX_OPEN_BODY_BYTES = 16 * 1024;
/** Maximum seconds of `?wait=`. */
export const MAX_WAIT_SECONDS = 60;

/** Maximum bytes of the subtitles of a ladder as WebVTT. */
export const MAX_SUBTITLE_BYTES = 16 * 2 ** 20;
