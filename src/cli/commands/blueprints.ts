import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Airlock, type BlueprintRun, JobError, type Schemas } from '../../../sdk/src/index.ts';
import type { Config } from '../../config/config.ts';
import { didYouMean } from '../../contract/faults/near-name.ts';
import { connect } from '../connect.ts';
import { EXIT, UsageError } from '../exit.ts';
import { printList, write } from '../printing.ts';
import { openProgressDisplay } from '../progress-display.ts';
import { stages } from '../stages.ts';
import { out } from '../style.ts';
import { type Column, table } from '../table.ts';

interface Common {
  json?: boolean;
  account?: string;
}
type Blueprint = Schemas['Blueprint'];

const COLUMNS: readonly Column<Blueprint>[] = [
  { title: 'blueprint', value: ({ slug }) => slug },
  { title: 'inputs', value: inputsOf, least: 20 },
  { title: 'description', value: ({ description }) => description, least: 12, drop: 1 },
];

/** Returns the names of the inputs, each required input with a star: `video_url* logo_url* size`. */
function inputsOf({ inputs, available }: Blueprint): string {
  if (!available) return 'not available';
  const { properties = {}, required = [] } = inputs as { properties?: object; required?: string[] };
  return Object.keys(properties)
    .map((name) => (required.includes(name) ? `${name}*` : name))
    .join(' ');
}

export function listBlueprintsCommand(config: Config, options: Common): Promise<number> {
  return connect(config, { scopes: ['read'], account: options.account }, async ({ airlock }) => {
    const items = await airlock.blueprints.list();
    const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
    if (options.json) write(JSON.stringify({ items }));
    else printList(table(items, COLUMNS, width, out.bold), items.length, 'No blueprints.');
    return EXIT.ok;
  });
}

interface RunOptions extends Common {
  output?: string;
  srt?: string;
  keep?: boolean;
}

/**
 * Runs a blueprint, approves its subtitles if the run awaits a review, and writes its outputs. Erases the run from the server unless `keep`
 * is set.
 */
export async function runBlueprintCommand(
  config: Config,
  { slug, inputs }: { slug: string; inputs: readonly string[] },
  options: RunOptions,
): Promise<number> {
  const given = readInputs(inputs);
  const reviewed = options.srt === undefined ? null : await readText(options.srt);
  const display = openProgressDisplay(!options.json);
  const show = stages();
  const connection = { scopes: ['read', 'upload', 'transcode'] as const, account: options.account, start: true };
  try {
    return await connect(config, connection, async ({ airlock, signal }) => {
      const blueprint = await findBlueprint(airlock, slug);
      await requireFiles(blueprint, given);
      const control = { signal, onProgress: (progress: Parameters<typeof show>[0]) => display.show(show(progress)) };
      const erase = async (id: string) => {
        if (!options.keep) await airlock.blueprints.erase(id).catch(() => {});
      };
      let run = await airlock.blueprints.run(slug, given, control).catch(async (error: unknown) => {
        if (error instanceof JobError) await erase(error.job.id);
        throw error;
      });
      try {
        if (run.status === 'awaiting_review')
          run = await airlock.blueprints.continue(run.id, reviewed ?? run.srt_text ?? '', control);
        const paths = await targetsOf(blueprint, run, options.output);
        for (const [index, { label }] of run.outputs.entries())
          await airlock.blueprints.save(run.id, paths[index]!, { output: label, ...control });
        display.stop();
        if (options.json) write(JSON.stringify(run));
        else for (const path of paths) write(`${out.green('✓')} ${path}`);
        return EXIT.ok;
      } finally {
        await erase(run.id);
      }
    });
  } finally {
    display.stop();
  }
}

function readInputs(inputs: readonly string[]): Record<string, string> {
  const pairs = inputs.map((input) => {
    const end = input.indexOf('=');
    if (end < 1) throw new UsageError(`${input} is not an input. Write inputs as name=value.`);
    return [input.slice(0, end), input.slice(end + 1)] as const;
  });
  return Object.fromEntries(pairs);
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new UsageError(`${path} does not exist or is not a file.`);
  });
}

async function findBlueprint(airlock: Airlock, slug: string): Promise<Blueprint> {
  const all = await airlock.blueprints.list();
  const found = all.find((one) => one.slug === slug);
  if (found) return found;
  const near = didYouMean(
    slug,
    all.map((one) => one.slug),
  );
  throw new UsageError(`There is no blueprint ${slug}.${near} List the blueprints with ./airlock blueprints list.`);
}

/** Throws `UsageError` before any upload if the file of a media input does not exist. */
async function requireFiles({ inputs }: Blueprint, given: Record<string, string>): Promise<void> {
  const properties = (inputs.properties ?? {}) as Record<string, object>;
  for (const [name, value] of Object.entries(given)) {
    if (!('x-media' in (properties[name] ?? {})) || /^(https?|gs|s3):\/\//.test(value)) continue;
    const found = await stat(value).catch(() => null);
    if (!found?.isFile()) throw new UsageError(`${name}: ${value} does not exist or is not a file.`);
  }
}

/**
 * Returns the path of each output. A single output is written to `output`. Several outputs are files in the folder `output`, which this
 * function creates. Without `output`, the files are in the current folder.
 */
async function targetsOf(blueprint: Blueprint, { outputs }: BlueprintRun, output?: string): Promise<string[]> {
  const names = outputs.map(({ label }) => {
    const format = blueprint.outputs.find((one) => one.label === label)?.format ?? 'mp4';
    return `${blueprint.slug}-${label}.${format}`;
  });
  if (output === undefined) return names.map((name) => resolve(name));
  if (names.length === 1) return [resolve(output)];
  await mkdir(resolve(output), { recursive: true });
  return names.map((name) => join(resolve(output), basename(name)));
}
