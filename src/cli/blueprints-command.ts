import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { ACCOUNT, exit, JSON_FLAG } from './client-flags.ts';

/** Adds `./airlock blueprints`, which lists and runs blueprints. */
export function addBlueprints(program: Command): void {
  const blueprints = program
    .command('blueprints')
    .description('List and run blueprints, which are ready-made recipes for videos');
  const load = () => import('./commands/blueprints.ts');
  blueprints
    .command('list', { isDefault: true })
    .description('List the blueprints with their inputs')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (options) => exit((await load()).listBlueprintsCommand(readConfig(), options)));
  blueprints
    .command('run')
    .description('Run a blueprint, and write its outputs. Exits with 1 unless the run completes')
    .argument('<slug>', 'name of the blueprint, e.g. watermark')
    .argument('[inputs...]', 'inputs as name=value. A media input is a file or a URL')
    .option(
      '--output <file>',
      'the file to write, or the folder for several outputs (default: SLUG-LABEL.FORMAT in the current folder)',
    )
    .option('--srt <file>', 'a file with the reviewed subtitles (default: the unreviewed subtitles)')
    .option('--keep', 'keep the run on the server instead of erasing it')
    .option(...ACCOUNT)
    .option('--json', 'print the run as JSON')
    .addHelpText(
      'after',
      `
Examples:
  ./airlock blueprints run watermark video_url=holiday.mov logo_url=logo.png position=top-left
  ./airlock blueprints run listing-kit video_url=https://example.org/house.mp4 --output listing

docs/blueprints-catalogue.md describes each blueprint.`,
    )
    .action(async (slug, inputs, options) =>
      exit((await load()).runBlueprintCommand(readConfig(), { slug, inputs }, options)),
    );
}
