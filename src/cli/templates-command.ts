import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { ACCOUNT, exit, JSON_FLAG } from './client-flags.ts';

const FILE = 'a JSON file with the request, without inputs, or - for standard input';

/** Adds `./airlock templates`: requests that jobs use by name. */
export function addTemplates(program: Command): void {
  const templates = program.command('templates').description('List, show, create, update and delete templates');
  const load = () => import('./commands/templates.ts');
  templates
    .command('list')
    .description('List templates. The built-in templates are last')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (options) => exit((await load()).listTemplatesCommand(readConfig(), options)));
  templates
    .command('show')
    .description('Print the request of a template as JSON')
    .argument('<name>', 'name of the template, e.g. airlock/web, or of a version, e.g. web@3')
    .option(...ACCOUNT)
    .option('--json', 'print the template with its versions as JSON')
    .action(async (name, options) => exit((await load()).showTemplateCommand(readConfig(), name, options)));
  templates
    .command('create')
    .description('Save a request as a template')
    .argument('<name>', 'name of the template: lower-case letters, digits and hyphens')
    .argument('<file>', FILE)
    .option('--description <text>', 'purpose of the template')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
Examples:
  ./airlock templates create preview preview.json
  ./airlock templates show airlock/web | ./airlock templates create web -

docs/templates.md explains what a template can contain.`,
    )
    .action(async (name, file, options) =>
      exit((await load()).createTemplateCommand(readConfig(), name, file, options)),
    );
  templates
    .command('update')
    .description('Save a new version of a template')
    .argument('<name>', 'name of the template')
    .argument('<file>', FILE)
    .option('--description <text>', 'purpose of the template (default: unchanged)')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (name, file, options) =>
      exit((await load()).updateTemplateCommand(readConfig(), name, file, options)),
    );
  templates
    .command('delete')
    .description('Delete a template and all of its versions')
    .argument('<name>', 'name of the template')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (name, options) => exit((await load()).deleteTemplateCommand(readConfig(), name, options)));
}
