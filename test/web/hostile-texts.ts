import type { BrowserContext, Page } from 'playwright-core';

/** A text that would run a script wherever it is shown as HTML. */
export const EVIL = '<img src=x onerror=document.title=`taken`>';

/** Names of fields that no person and no media can set, and by which the page decides what to show. */
const OWN =
  /^(id|csrf|role|status|state|type|types|mode|tier|self_test|scopes|method|result|reason_code|container|fetched|format|formats|metric|source)$|_(at|id|ids|url|until|since|status|format|key)$|^(url|sha256)$/;

const TIME = /^\d{4}-\d\d-\d\d/;

/** Replaces every text of a JSON value, except texts that decide what the page shows. */
function poisoned(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return OWN.test(name) || TIME.test(value) ? value : EVIL;
  if (Array.isArray(value)) return value.map((item) => poisoned(item, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, poisoned(item, key)]));
}

/**
 * Makes every response of the API hostile, including errors: names, email addresses, tags of media, logs, metadata and sentences. Streams
 * of events stay unchanged.
 */
export async function poisonResponses(context: BrowserContext): Promise<void> {
  await context.route(/\/v1\//, async (route) => {
    if (route.request().headers().accept?.includes('event-stream')) return route.continue();
    const response = await route.fetch();
    const body = await response.json().catch(() => null);
    await route.fulfill(body === null ? { response } : { response, json: poisoned(body) });
  });
}

/** Returns the number of elements that hostile texts have created on the page. */
export function elementsOf(page: Page): Promise<number> {
  return page.locator('[onerror], img[src="x"]').count();
}
