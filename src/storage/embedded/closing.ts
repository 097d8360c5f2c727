/*
 * How the embedded gateway is asked to close a key, which S3 has nothing for. A store says in the answer to a HEAD of its bucket
 * that it understands this; no other is sent it.
 */

/** Header of that answer. */
export const CLOSES_KEYS = 'x-airlock-closes-keys';

/** Parameter of DELETE: seconds since 1970 until which the key takes nothing. */
export const CLOSED_UNTIL = 'airlock-closed-until';
