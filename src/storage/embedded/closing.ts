/*
 * The request by which the embedded gateway closes a key, an extension of S3. A store announces in its response to HEAD
 * of the bucket that it supports this; other stores never receive the request.
 */

/** Header of the response to HEAD of the bucket. */
export const CLOSES_KEYS = 'x-airlock-closes-keys';

/** Parameter of DELETE: seconds since 1970 until which the key accepts no bytes. */
export const CLOSED_UNTIL = 'airlock-closed-until';
