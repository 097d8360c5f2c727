/*
 * The request by which the embedded gateway closes a key, an extension of S3. A store announces in its response to HEAD of the bucket that
 * it supports this request. Other stores never receive the request.
 */

/** Header of the response to HEAD of the bucket. Its value is `yes` if the store can close keys. */
export const CLOSES_KEYS = 'x-airlock-closes-keys';

/** Parameter of DELETE: the time until which the key accepts no bytes, in seconds since 1970. */
export const CLOSED_UNTIL = 'airlock-closed-until';
