import { signal } from '@preact/signals';
import type { KindList } from '../../../src/contract/jobs.ts';
import { get } from '../api/client.ts';

export type Kind = KindList['items'][number];

/** The kinds of jobs of this server; empty until they are loaded. */
export const kinds = signal<readonly Kind[]>([]);

/** Loads the kinds once. After a failure, the next call loads them again. */
export async function loadKinds(): Promise<void> {
  if (kinds.peek().length > 0) return;
  kinds.value = (await get<KindList>('/v1/kinds')).items;
}

/** Returns a kind by its name; null if the kind is not loaded. */
export function kindNamed(name: string): Kind | null {
  return kinds.value.find((kind) => kind.name === name) ?? null;
}

/** Returns the kind whose jobs record events of this type. */
export function kindOfEvent(type: string): Kind | null {
  return kinds.value.find(({ events }) => events.includes(type)) ?? null;
}

/** Returns the kind whose routes are below `/v1/{path}`. */
export function kindAt(path: string): Kind | null {
  return kinds.value.find((kind) => kind.path === path) ?? null;
}

/**
 * Returns the name of a kind's jobs in a list of kinds: `transcodes`, `blueprints`, `transcriptions`. The nouns "jobs" and "runs" would be
 * ambiguous.
 */
export function collectionOf({ path, noun }: Pick<Kind, 'path' | 'noun'>): string {
  const [first = path, ...more] = path.split('/');
  return more.length > 0 || noun.many === 'jobs' ? first : noun.many;
}
