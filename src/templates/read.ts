import { listCursors, pageOf } from '../accounts/list-cursor.ts';
import { ApiError } from '../contract/errors.ts';
import { nearestName } from '../contract/faults/near-name.ts';
import { formatReference, parseReference, type TemplateReference } from '../contract/template-reference.ts';
import type { Template, TemplateContent, TemplateSummary } from '../contract/templates.ts';
import type { Vault } from '../crypto/vault.ts';
import type { Db } from '../database/pool.ts';
import { BUILT_IN } from './built-in.ts';
import { readRequest, showVersion } from './stored-template.ts';

/** The account whose templates are read, with the database and the vault that are needed to read them. */
export interface TemplateReader {
  db: Db;
  vault: Vault;
  accountId: string;
}

/** The version of a template that a job uses. */
export interface UsedTemplate {
  /** The reference with its version, such as `web@3`. */
  reference: string;
  request: TemplateContent;
}

/** Why a template was not found. */
export interface MissingTemplate {
  reason: string;
  remedy: string;
  /** The most similar reference. */
  near?: string;
}

/** Reads the template that a request names, or returns why the template was not found. */
export async function findTemplate(
  reader: TemplateReader,
  { name, version }: TemplateReference,
): Promise<UsedTemplate | MissingTemplate> {
  const builtIn = BUILT_IN.get(name);
  if (builtIn) {
    const number = version ?? builtIn.versions.length;
    const request = builtIn.versions[number - 1];
    if (!request) return missingVersion(name, number, builtIn.versions.length);
    return { reference: formatReference({ name, version: number }), request };
  }
  const row = await findVersion(reader, name, version);
  if (!row) return missingName(reader, name);
  const { latest } = row;
  const number = version ?? latest;
  const content = row.version === null ? null : showVersion(reader.vault, { ...row, version: row.version });
  if (!content) return missingVersion(name, number, latest);
  const request = readRequest(content.request);
  if (request) return { reference: formatReference({ name, version: number }), request };
  return {
    reason: `"${formatReference({ name, version: number })}" has fields that this release of Airlock does not support`,
    remedy: 'Save a new version, or wait until all servers run the same release',
  };
}

/** Returns a row if the template exists. Its `version` is null if that version does not exist. */
async function findVersion({ db, accountId }: TemplateReader, name: string, version: number | null) {
  return db
    .selectFrom('templates')
    .leftJoin('template_versions', (join) =>
      join
        .onRef('template_versions.template_id', '=', 'templates.id')
        .on((on) =>
          on('template_versions.version', '=', version === null ? on.ref('templates.latest') : on.val(version)),
        ),
    )
    .where('templates.account_id', '=', accountId)
    .where('templates.name', '=', name)
    .where('templates.deleted_at', 'is', null)
    .select(['templates.id as template_id', 'templates.account_id', 'templates.name', 'templates.latest'])
    .select(['templates.created_at', 'templates.updated_at'])
    .select(['template_versions.version', 'template_versions.content_sealed'])
    .executeTakeFirst();
}

function missingVersion(name: string, version: number, latest: number): MissingTemplate {
  const near = formatReference({ name, version: latest });
  return {
    reason: `the template "${name}" has no version ${version}; its newest version is ${latest}`,
    remedy: `Send "${near}"`,
    near,
  };
}

async function missingName({ db, accountId }: TemplateReader, name: string): Promise<MissingTemplate> {
  const rows = await db
    .selectFrom('templates')
    .select('name')
    .where('account_id', '=', accountId)
    .where('deleted_at', 'is', null)
    .execute();
  const names = [...rows.map((row) => row.name), ...BUILT_IN.keys()];
  // Finds `airlock/web` for `web`.
  const near = names.find((known) => known.endsWith(`/${name}`)) ?? nearestName(name, names);
  const reason = `there is no template "${name}"`;
  if (near === null) return { reason, remedy: 'Send the name of a template that GET /v1/templates lists' };
  return { reason, remedy: `Send "${near}"`, near };
}

/** Reads a template as clients see it. `text` is `name` or `name@3`. Throws `not_found`. */
export async function readTemplate(reader: TemplateReader, text: string): Promise<Template> {
  const reference = parseReference(text);
  const { name, version } = reference ?? { name: text.slice(0, 64), version: null };
  const builtIn = BUILT_IN.get(name);
  if (builtIn) return viewBuiltIn(name, version);
  const row = reference && (await findVersion(reader, name, version));
  // Omits the text of the path, because responses about resources of other accounts repeat nothing of the request.
  if (!row) throw notFound({ ...(await missingName(reader, name)), reason: 'is not the name of a template' });
  const content = row.version === null ? null : showVersion(reader.vault, { ...row, version: row.version });
  if (!content) throw notFound(missingVersion(name, version ?? row.latest, row.latest));
  const versions = await reader.db
    .selectFrom('template_versions')
    .select(['version', 'created_at'])
    .where('template_id', '=', row.template_id)
    .orderBy('version', 'desc')
    .execute();
  return {
    name,
    version: row.version!,
    built_in: false,
    ...content,
    versions: versions.map((one) => ({ version: one.version, created_at: one.created_at.toISOString() })),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

function notFound(missing: MissingTemplate): ApiError {
  return new ApiError('not_found', { field: 'name', ...missing });
}

function viewBuiltIn(name: string, version: number | null): Template {
  const { description, versions } = BUILT_IN.get(name)!;
  const number = version ?? versions.length;
  const request = versions[number - 1];
  if (!request) throw notFound(missingVersion(name, number, versions.length));
  const numbers = versions.map((_, index) => ({ version: index + 1, created_at: null }));
  return { ...summarizeBuiltIn(name), version: number, description, request, versions: numbers.reverse() };
}

function summarizeBuiltIn(name: string): TemplateSummary {
  const { description, versions } = BUILT_IN.get(name)!;
  return { name, version: versions.length, description, built_in: true, created_at: null, updated_at: null };
}

/** Returns a page of templates by name, with built-in templates last. Reads all templates, because an account has few. */
export async function listTemplates(
  reader: TemplateReader,
  query: { after?: string | undefined; limit: number },
): Promise<{ items: TemplateSummary[]; next: string | null }> {
  const { db, vault, accountId } = reader;
  const rows = await db
    .selectFrom('templates')
    .innerJoin('template_versions', (join) =>
      join
        .onRef('template_versions.template_id', '=', 'templates.id')
        .onRef('template_versions.version', '=', 'templates.latest'),
    )
    .where('templates.account_id', '=', accountId)
    .where('templates.deleted_at', 'is', null)
    .select(['templates.id as template_id', 'templates.account_id', 'templates.name', 'templates.updated_at'])
    .select(['templates.created_at', 'template_versions.version', 'template_versions.content_sealed'])
    .execute();
  const own = rows.map(
    (row): TemplateSummary => ({
      name: row.name,
      version: row.version,
      description: showVersion(vault, row)?.description ?? null,
      built_in: false,
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
    }),
  );
  const all = [...own, ...[...BUILT_IN.keys()].map(summarizeBuiltIn)];
  const page = pageOf(listCursors(vault, 'templates', accountId), all, query, {
    positionOf: (one) => ({ key: one.built_in ? '1' : '0', id: one.name }),
    direction: 'asc',
  });
  return { items: page.rows, next: page.next };
}
