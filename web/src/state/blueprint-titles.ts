import { signal } from '@preact/signals';
import type { BlueprintInfo } from '../../../src/contract/blueprints.ts';
import { get } from '../api/client.ts';
import { capitalized } from '../lib/job.ts';

/** The titles of blueprints by their slugs; null until they are requested. */
const titles = signal<Readonly<Record<string, string>> | null>(null);

/** Loads the titles once. Until they are loaded, and after a failure, texts derived from the slugs replace the titles. */
export async function loadBlueprintTitles(): Promise<void> {
  if (titles.peek() !== null) return;
  titles.value = {};
  try {
    const { items } = await get<{ items: BlueprintInfo[] }>('/v1/blueprints');
    titles.value = Object.fromEntries(items.map(({ slug, title }) => [slug, title]));
  } catch {
    titles.value = null;
  }
}

export function blueprintTitle(slug: string): string {
  return titles.value?.[slug] ?? capitalized(slug.replaceAll('-', ' '));
}
