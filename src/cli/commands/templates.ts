import type { Schemas } from '../../../sdk/src/index.ts';
import type { Config } from '../../config/config.ts';
import type { Scope } from '../../contract/keys.ts';
import { type Connection, connect } from '../connect.ts';
import { EXIT } from '../exit.ts';
import { readJsonFile } from '../json-file.ts';
import { printList, write } from '../printing.ts';
import { out } from '../style.ts';
import { type Column, table } from '../table.ts';
import { ago } from '../times.ts';

interface Common {
  json?: boolean;
  account?: string;
}
type Summary = Schemas['TemplateSummary'];
type Template = Schemas['Template'];
type Content = Schemas['TemplateContent'];

const COLUMNS: readonly Column<Summary>[] = [
  { title: 'name', value: ({ name }) => name },
  { title: 'version', value: ({ version }) => version, right: true },
  { title: 'saved', value: ({ updated_at }) => (updated_at ? ago(updated_at) : 'built in'), drop: 1 },
  { title: 'description', value: ({ description }) => description, least: 12, drop: 2 },
];

export function listTemplatesCommand(config: Config, options: Common): Promise<number> {
  return run(config, ['read'], options, async ({ airlock }) => {
    const items: Summary[] = [];
    for await (const template of airlock.templates.list()) items.push(template);
    const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
    if (options.json) write(JSON.stringify({ items }));
    else printList(table(items, COLUMNS, width, out.bold), items.length, 'No templates.');
  });
}

/** Prints only the request of the template, so that you can edit the request and save it again. */
export function showTemplateCommand(config: Config, name: string, options: Common): Promise<number> {
  return run(config, ['read'], options, async ({ airlock }) => {
    const template = await airlock.templates.get(name);
    write(options.json ? JSON.stringify(template) : JSON.stringify(template.request, null, 2));
  });
}

export function createTemplateCommand(
  config: Config,
  name: string,
  file: string,
  options: Common & { description?: string },
): Promise<number> {
  return run(config, ['admin'], options, async ({ airlock }) => {
    const request = await readJsonFile<Content>(file);
    const { description } = options;
    showSaved(await airlock.templates.create({ name, request, ...(description && { description }) }), options);
  });
}

/** Saves a new version of a template. Keeps the description unless you pass a new one. */
export function updateTemplateCommand(
  config: Config,
  name: string,
  file: string,
  options: Common & { description?: string },
): Promise<number> {
  return run(config, ['admin', 'read'], options, async ({ airlock }) => {
    const request = await readJsonFile<Content>(file);
    const description = options.description ?? (await airlock.templates.get(name)).description;
    showSaved(await airlock.templates.replace(name, { request, ...(description && { description }) }), options);
  });
}

export function deleteTemplateCommand(config: Config, name: string, options: Common): Promise<number> {
  return run(config, ['admin'], options, async ({ airlock }) => {
    await airlock.templates.delete(name);
    if (options.json) write(JSON.stringify({ id: name, object: 'template', deleted: true }));
    else write(`Deleted ${name} with all of its versions.`);
  });
}

function showSaved(template: Template, options: Common): void {
  if (options.json) write(JSON.stringify(template));
  else write(`${out.green('✓')} ${template.name}@${template.version} is saved.`);
  const warnings = template.warnings ?? [];
  for (const { field, message } of warnings) process.stderr.write(`${out.yellow('!')} ${field}: ${message}\n`);
}

function run(
  config: Config,
  scopes: readonly Scope[],
  options: Common,
  work: (connection: Connection) => Promise<void>,
): Promise<number> {
  return connect(config, { scopes, account: options.account }, async (connection) => {
    await work(connection);
    return EXIT.ok;
  });
}
