import type { Context } from './context.ts';

/** DELETE of one object: the bytes are gone before the answer. No error when there were none. */
export async function deleteObject({ response, target, disk }: Context): Promise<void> {
  await disk.delete(target.key);
  response.writeHead(204).end();
}
