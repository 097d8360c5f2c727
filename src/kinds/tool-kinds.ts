import type { JobSchemas } from '../contract/jobs.ts';
import type { KindToolTexts } from '../contract/tools.ts';
import type { Kind } from './kind.ts';

/** The properties of a kind that tools of the Model Context Protocol use. */
interface ToolKind {
  name: string;
  path: string;
  listPath: string;
  nouns: { one: string; many: string };
  create: JobSchemas['create'] | null;
  tools: KindToolTexts;
}

/** Returns the kinds whose jobs clients see, in the form that tools need. */
export function toolKinds(kinds: ReadonlyMap<string, Kind>): ToolKind[] {
  return [...kinds.values()].flatMap(({ name, shown, admit }) => {
    if (!shown) return [];
    const { path, listPath = path, nouns, schemas, tools = {} } = shown;
    const create = admit && !shown.hasOwnCreate ? schemas.create : null;
    return [{ name, path, listPath, nouns, create, tools }];
  });
}
