/* Numbers of the contract, apart from the schemas: the storage gateway needs one of them and no validator. */

export const MAX_BODY_BYTES = 1024 * 1024;
export const MAX_UPLOAD_BYTES = 2_048_576_000;
/** Seconds that a signed download lives. */
export const DOWNLOAD_SECONDS = 600;
/** Seconds that a signed upload lives. */
export const UPLOAD_SECONDS = 900;
/**
 * Bytes of texts (metadata, warnings, error messages, URLs) that one page of a list holds. Every job has some 2 KB besides,
 * so the largest answer is 750 KB.
 */
export const LIST_PAGE_BYTES = 512 * 1024;
/**
 * Requests of one key, and of all keys of an account, that are worked on or whose answers are being read at once, and that
 * are open at once: `?wait=` and a confirm that waits for its inspection count for the second number alone.
 */
export const KEY_REQUESTS = { active: 32, open: 500 };
export const ACCOUNT_REQUESTS = { active: 64, open: 1000 };
/** Longest `?wait=`. */
export const MAX_WAIT_SECONDS = 60;
