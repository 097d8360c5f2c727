import { STORED } from '../storage/embedded/stored-feed.ts';
import type { Context } from './context.ts';
import { S3Error } from './errors.ts';
import { parameter } from './target.ts';

/** GET of the bucket with `airlock-stored`: reports uploads as they arrive. */
export async function followStored({ response, target, identity, stored }: Context): Promise<void> {
  if (identity.kind !== 'header') throw new S3Error('AccessDenied', 'A signed URL cannot be used to follow uploads.');
  if (parameter(target, STORED) !== '') throw new S3Error('InvalidArgument', `${STORED} must not have a value.`);
  stored.add(response);
}
