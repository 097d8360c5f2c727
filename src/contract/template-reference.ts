import * as z from 'zod';
import { rule } from './faults/rule.ts';

/** Prefix of the names of built-in templates. Accounts cannot use this prefix. */
export const BUILT_IN_PREFIX = 'airlock/';

const NAME = '[a-z0-9][a-z0-9-]{0,62}';
export const TEMPLATE_NAME = new RegExp(`^${NAME}$`);
const REFERENCE = new RegExp(`^((?:${BUILT_IN_PREFIX})?${NAME})(?:@([1-9]\\d{0,8}))?$`);
/** Length in characters of the longest reference: `airlock/`, a name and a version. */
const MAX_REFERENCE = BUILT_IN_PREFIX.length + 63 + 10;

/** A template that a request names. `version` is null for the newest version. */
export interface TemplateReference {
  name: string;
  version: number | null;
}

/** Parses `name` or `name@3`. Returns null for other texts. */
export function parseReference(text: string): TemplateReference | null {
  const match = REFERENCE.exec(text);
  return match && { name: match[1]!, version: match[2] === undefined ? null : Number(match[2]) };
}

export function formatReference({ name, version }: { name: string; version: number }): string {
  return `${name}@${version}`;
}

export const templateReference = z
  .string()
  .max(MAX_REFERENCE)
  .regex(
    REFERENCE,
    rule('is not the name of a template', 'Send a name such as "web" or "airlock/web", or a version such as "web@3"'),
  );
