/* Numbers of the contract, apart from the schemas: the storage gateway needs one of them and no validator. */

export const MAX_BODY_BYTES = 1024 * 1024;
export const MAX_UPLOAD_BYTES = 2_048_576_000;
/** Seconds that a signed download lives (contract A4). */
export const DOWNLOAD_SECONDS = 600;
/** Seconds that a signed upload lives (contract A3). */
export const UPLOAD_SECONDS = 900;
/** Longest `?wait=` (contract B). */
export const MAX_WAIT_SECONDS = 60;
