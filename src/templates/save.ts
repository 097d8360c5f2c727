import { sql } from 'kysely';
import { type Account, lockAccount } from '../accounts/accounts.ts';
import { type Actor, appendAudit } from '../accounts/audit.ts';
import { requireRowCapacity } from '../accounts/row-capacity.ts';
import { ApiError } from '../contract/errors.ts';
import { MAX_NEW_VERSIONS_A_DAY, MAX_TEMPLATE_VERSIONS, MAX_TEMPLATES } from '../contract/templates.ts';
import { canonicalJson } from '../crypto/hash.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import type { Vault } from '../crypto/vault.ts';
import { databaseNow } from '../database/clock.ts';
import type { Tx } from '../database/pool.ts';
import type { StoreSpace } from '../storage/types.ts';
import { sealVersion, showVersion, type TemplateVersion } from './stored-template.ts';

/** The account whose templates are changed, the transaction, and the actor who changes them. */
export interface TemplateEditor {
  tx: Tx;
  vault: Vault;
  account: Account;
  by: Actor;
  /** Space of storage, measured before the transaction; null if storage has no disk of its own. */
  space: StoreSpace | null;
}

const DAY = sql`interval '1 day'`;

/**
 * Creates a template with its first version. The caller has checked the request. Throws `template_exists`, `too_many_templates`,
 * `storage_quota` or `storage_full`.
 */
export async function createTemplate(editor: TemplateEditor, name: string, content: TemplateVersion): Promise<void> {
  const { tx, account, by } = editor;
  // Locks the account, so that concurrent creates count each other's templates.
  await lockAccount(tx, account.id);
  await deleteOldRemains(editor);
  if (await liveTemplate(editor, name)) {
    const reason = `"${name}" is a template of this account`;
    throw new ApiError('template_exists', {
      field: 'name',
      reason,
      remedy: 'Choose another name, or save a new version with PUT',
    });
  }
  await requireTemplateCapacity(editor, content);
  const id = uuidv7();
  await tx.insertInto('templates').values({ id, account_id: account.id, name, latest: 1 }).execute();
  await insertVersion(editor, { id, version: 1 }, content);
  await appendAudit(tx, { ...by, action: 'template.created', target: id, result: 'ok' });
}

/**
 * Saves the next version of a template. The caller has checked the request. If the content equals the newest version, saves
 * nothing, so that a repeated request changes nothing. Throws `not_found`, `too_many_template_versions`,
 * `too_many_templates`, `storage_quota` or `storage_full`.
 */
export async function replaceTemplate(editor: TemplateEditor, name: string, content: TemplateVersion): Promise<void> {
  const { tx, vault, account, by } = editor;
  await lockAccount(tx, account.id);
  const template = await liveTemplate(editor, name);
  if (!template) throw new ApiError('not_found');
  const { id, latest } = template;
  const row = await tx
    .selectFrom('template_versions')
    .selectAll()
    .where('template_id', '=', id)
    .where('version', '=', latest)
    .executeTakeFirstOrThrow();
  if (canonicalJson(showVersion(vault, row)) === canonicalJson(content)) return;
  if (latest >= MAX_TEMPLATE_VERSIONS) {
    throw new ApiError('too_many_template_versions', {
      metric: 'template_versions',
      limit: MAX_TEMPLATE_VERSIONS,
      reason: `"${name}" has ${latest} versions, and ${MAX_TEMPLATE_VERSIONS} are allowed`,
      remedy: 'Save the request as a new template',
    });
  }
  await requireVersionCapacity(editor, content);
  await insertVersion(editor, { id, version: latest + 1 }, content);
  const changed = { latest: latest + 1, updated_at: databaseNow };
  await tx.updateTable('templates').set(changed).where('id', '=', id).execute();
  const details = { version: latest + 1 };
  await appendAudit(tx, { ...by, action: 'template.updated', target: id, result: 'ok', details });
}

/** Deletes a template, and erases the content of its versions. Jobs that used the template are unchanged. Throws `not_found`. */
export async function deleteTemplate(editor: Omit<TemplateEditor, 'vault' | 'space'>, name: string): Promise<void> {
  const { tx, account, by } = editor;
  await lockAccount(tx, account.id);
  const template = await liveTemplate(editor, name);
  if (!template) throw new ApiError('not_found');
  const { id } = template;
  await tx.updateTable('templates').set({ deleted_at: databaseNow }).where('id', '=', id).execute();
  await tx.updateTable('template_versions').set({ content_sealed: null }).where('template_id', '=', id).execute();
  await appendAudit(tx, { ...by, action: 'template.deleted', target: id, result: 'ok' });
}

function liveTemplate({ tx, account }: Pick<TemplateEditor, 'tx' | 'account'>, name: string) {
  return tx
    .selectFrom('templates')
    .select(['id', 'latest'])
    .where('account_id', '=', account.id)
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

async function insertVersion(
  { tx, vault, account }: TemplateEditor,
  { id, version }: { id: string; version: number },
  content: TemplateVersion,
): Promise<void> {
  const key = { account_id: account.id, template_id: id, version };
  await tx
    .insertInto('template_versions')
    .values({ ...key, content_sealed: sealVersion(vault, key, content) })
    .execute();
}

/** Deletes the rows of templates that were deleted more than a day ago. Until then, their versions count toward the versions of a day. */
async function deleteOldRemains({ tx, account }: TemplateEditor): Promise<void> {
  await tx
    .deleteFrom('templates')
    .where('account_id', '=', account.id)
    .where('deleted_at', '<', sql<Date>`now() - ${DAY}`)
    .execute();
}

async function requireTemplateCapacity(editor: TemplateEditor, content: TemplateVersion): Promise<void> {
  const { count } = await editor.tx
    .selectFrom('templates')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account_id', '=', editor.account.id)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (count >= MAX_TEMPLATES) {
    throw new ApiError('too_many_templates', {
      metric: 'templates',
      limit: MAX_TEMPLATES,
      reason: `the account has ${count} templates, and ${MAX_TEMPLATES} are allowed`,
      remedy: 'Delete templates that you no longer need',
    });
  }
  await requireVersionCapacity(editor, content);
}

async function requireVersionCapacity({ tx, account, space }: TemplateEditor, content: TemplateVersion): Promise<void> {
  const { count } = await tx
    .selectFrom('template_versions')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account_id', '=', account.id)
    .where('created_at', '>', sql<Date>`now() - ${DAY}`)
    .executeTakeFirstOrThrow();
  if (count >= MAX_NEW_VERSIONS_A_DAY) {
    throw new ApiError('too_many_templates', {
      metric: 'versions_a_day',
      limit: MAX_NEW_VERSIONS_A_DAY,
      reason: `the account has saved ${count} versions in 24 hours, and ${MAX_NEW_VERSIONS_A_DAY} are allowed`,
      remedy: 'Try again tomorrow',
    });
  }
  await requireRowCapacity(tx, account, space, Buffer.byteLength(JSON.stringify(content)));
}
