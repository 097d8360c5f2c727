import * as z from 'zod';
import { type TemplateContent, templateRequest } from '../contract/templates.ts';
import type { Vault } from '../crypto/vault.ts';
import { openColumn, type RowOf, sealColumn } from '../database/sealed-columns.ts';
import { storedJson } from '../database/stored-json.ts';

/** The content of a version of a template. */
export interface TemplateVersion {
  description: string | null;
  request: TemplateContent;
}

/** `request` has a separate schema, which a newer release may have extended. */
const versionJson = storedJson(
  'version of a template',
  1,
  z.object({ description: z.string().nullable(), request: z.record(z.string(), z.unknown()) }),
);

type VersionRow = RowOf<'template_versions'> & { content_sealed: Buffer | null };

export function sealVersion(vault: Vault, row: RowOf<'template_versions'>, content: TemplateVersion): Buffer {
  return sealColumn(vault, 'template_versions', 'content_sealed', row, versionJson.write(content));
}

/** Returns a version as it was saved, for clients. Returns null if the template is deleted. */
export function showVersion(vault: Vault, row: VersionRow) {
  const text = openColumn(vault, 'template_versions', 'content_sealed', row);
  return text === null ? null : versionJson.read(JSON.parse(text));
}

/**
 * Returns the request of a version, for a job. Returns null if it has fields that this release does not know, because a job
 * must not silently lose them.
 */
export function readRequest(stored: Record<string, unknown>): TemplateContent | null {
  const parsed = templateRequest.safeParse(stored);
  return parsed.success && containsAll(parsed.data, stored) ? parsed.data : null;
}

/** Whether a schema has kept all fields of a value. */
function containsAll(parsed: unknown, stored: unknown): boolean {
  if (stored === null || typeof stored !== 'object') return true;
  if (parsed === null || typeof parsed !== 'object') return false;
  const values = parsed as Record<string, unknown>;
  return Object.entries(stored).every(
    ([name, value]) => Object.hasOwn(values, name) && containsAll(values[name], value),
  );
}
