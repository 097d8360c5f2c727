import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import type { TestService } from '../../testkit/service.ts';
import { openServiceDatabase } from '../../testkit/service-database.ts';

/** Adds an object that storage has failed to delete. Returns the key of the object, and a function that lets the sweeper delete it. */
export async function addUndeletable(service: TestService & { account: string }) {
  const database = await openServiceDatabase(service);
  const id = randomUUID();
  const key = `outputs/${'0123456789abcdef'.repeat(20)}/${id}.mp4`;
  await database.query(
    `INSERT INTO objects (id, account_id, key, kind, content_type, size, state, deletion_failures, deletion_error,
       deletion_due_at, delete_after)
     SELECT $1, id, $2, 'upload', 'video/mp4', 1048576, 'deleting', 3, 'AccessDenied', now() + interval '1 hour', now()
     FROM accounts WHERE name = $3`,
    [id, key, service.account],
  );
  const release = async () => {
    await database.query('UPDATE objects SET deletion_due_at = now(), deletion_failures = 0 WHERE id = $1', [id]);
    await database.end();
  };
  return { key, release };
}

/** Returns the elements on the page that extend beyond the right edge of the window, except the hidden heads of narrow tables. */
export function overflowing(page: Page): Promise<string[]> {
  return page.locator('main :not(thead, thead *)').evaluateAll((elements, width) => {
    return elements
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .map((element) => `${element.tagName} ${element.className}`);
  }, page.viewportSize()!.width);
}
