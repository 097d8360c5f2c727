import { Argument, type Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { addBlueprints } from './blueprints-command.ts';
import { ACCOUNT, exit, JSON_FLAG } from './client-flags.ts';
import { addConnections } from './connections-command.ts';
import { choiceArgument, choiceOption, integerOption, pageOptions, timeOption } from './option-types.ts';
import { addTemplates } from './templates-command.ts';
import { addUploads } from './uploads-command.ts';

// Not imported from the schemas, because each role reads this file, and most roles need no Zod.
const JOB_STATUSES = ['pending', 'processing', 'completed', 'failed', 'canceled'];
const DELIVERY_STATES = ['pending', 'delivered', 'failed'];
const JOB_ID = 'ID of a job. For a recent job, the beginning or the end of the ID is enough';
const WEBHOOK_ID = 'ID of the webhook';

/** Adds the commands that call the API: on the server of AIRLOCK_URL and AIRLOCK_API_KEY, or else on the local server. */
export function addClientCommands(program: Command): void {
  addJobs(program);
  addUploads(program);
  addBlueprints(program);
  addTemplates(program);
  addConnections(program);
  addWebhooks(program);
  addTools(program);
  program
    .command('completion')
    .description('Print the completion script for a shell: bash, zsh or fish')
    .addArgument(choiceArgument(new Argument('<shell>', 'your shell'), ['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  source <(./airlock completion bash)
  ./airlock completion fish > ~/.config/fish/completions/airlock.fish`,
    )
    .action(async (shell) => (await import('./commands/completion.ts')).completionCommand(program, shell));
}

function addJobs(program: Command): void {
  const jobs = program.command('jobs').description('List, show, watch, cancel, retry, redeliver and erase jobs');
  const load = () => import('./commands/jobs.ts');
  const [jobsPerPage, jobsPage] = pageOptions('jobs');
  jobs
    .command('list')
    .description('List jobs, newest first')
    .addOption(choiceOption('--status <status>', 'only jobs with this status', JOB_STATUSES))
    .addOption(timeOption('--since <time>', 'only jobs that changed at or after this time, e.g. 2026-11-26'))
    .addOption(timeOption('--until <time>', 'only jobs that changed at or before this time'))
    .addOption(jobsPerPage)
    .addOption(jobsPage)
    .option('--watch', 'update the list until you press Ctrl-C')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
Examples:
  ./airlock jobs list --status failed --since 2026-11-01
  ./airlock jobs list --watch
  ./airlock jobs list --json | jq -r '.items[].id'`,
    )
    .action(async (options) => exit((await load()).listJobsCommand(readConfig(), options)));
  jobs
    .command('show')
    .description('Show the inputs, outputs and times of a job, and why the job failed')
    .argument('<id>', JOB_ID)
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (id, options) => exit((await load()).showJobCommand(readConfig(), id, options)));
  jobs
    .command('watch')
    .description('Show the progress of a job until the job ends. Exits with 1 unless the job completes')
    .argument('<id>', JOB_ID)
    .option(...ACCOUNT)
    .option('--json', 'print each event as a line of JSON')
    .action(async (id, options) => exit((await load()).watchJobCommand(readConfig(), id, options)));
  addJobChanges(jobs);
}

/** Adds the commands that change a job. */
function addJobChanges(jobs: Command): void {
  const load = () => import('./commands/jobs.ts');
  jobs
    .command('cancel')
    .description('Cancel a job, stop its FFmpeg processes, and delete its outputs')
    .argument('<id>', JOB_ID)
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (id, options) => exit((await load()).cancelJobCommand(readConfig(), id, options)));
  jobs
    .command('retry')
    .description('Create a new job from the request of a job that has ended')
    .argument('<id>', JOB_ID)
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (id, options) => exit((await load()).retryJobCommand(readConfig(), id, options)));
  jobs
    .command('redeliver')
    .description(
      'Deliver outputs of a job again, and wait for the deliveries. Exits with 1 unless every delivery succeeds',
    )
    .argument('<id>', JOB_ID)
    .option('--output <name>', 'name of the output (default: every output whose delivery failed)')
    .option('--to <url>', 'deliver to this bucket instead: s3://CONNECTION/FOLDER')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (id, options) =>
      exit((await import('./commands/redeliver.ts')).redeliverOutputsCommand(readConfig(), id, options)),
    );
  jobs
    .command('erase')
    .description('Erase a job: delete its outputs, its texts, and the uploads that no other open job uses')
    .argument('<id>', JOB_ID)
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (id, options) => exit((await load()).eraseJobCommand(readConfig(), id, options)));
}

function addWebhooks(program: Command): void {
  const webhooks = program
    .command('webhooks')
    .description('Create, list, test, rotate and delete webhooks, and list deliveries');
  const load = () => import('./commands/webhooks.ts');
  webhooks
    .command('list')
    .description('List webhooks')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (options) => exit((await load()).listWebhooksCommand(readConfig(), options)));
  webhooks
    .command('create')
    .description('Create a webhook, and print its secret')
    .argument('<url>', 'an https:// URL')
    .option('--types <list>', 'events to send, e.g. transcode.completed,transcode.failed (default: all)')
    .option('--description <text>', 'purpose of the webhook')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      `
Examples:
  ./airlock webhooks create https://example.com/airlock --types transcode.completed,transcode.failed
  secret=$(./airlock webhooks create https://example.com/airlock)

docs/webhooks.md explains how to verify deliveries.`,
    )
    .action(async (url, options) => exit((await load()).createWebhookCommand(readConfig(), url, options)));
  addDeliveries(webhooks);
  webhooks
    .command('rotate')
    .description('Replace the secret of a webhook, and print the new secret')
    .argument('<id>', WEBHOOK_ID)
    .addOption(
      integerOption('--overlap <seconds>', 'seconds for which the old secret also signs', { least: 0 }).default('0'),
    )
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (id, options) => exit((await load()).rotateWebhookCommand(readConfig(), id, options)));
  webhooks
    .command('delete')
    .description('Delete a webhook and its deliveries')
    .argument('<id>', WEBHOOK_ID)
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (id, options) => exit((await load()).deleteWebhookCommand(readConfig(), id, options)));
}

/** Adds the commands that send and list deliveries. */
function addDeliveries(webhooks: Command): void {
  const load = () => import('./commands/webhooks.ts');
  const [deliveriesPerPage, deliveriesPage] = pageOptions('deliveries');
  webhooks
    .command('test')
    .description('Send a test event, and wait for the response. Exits with 1 unless the receiver accepts the event')
    .argument('<id>', WEBHOOK_ID)
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (id, options) => exit((await load()).testWebhookCommand(readConfig(), id, options)));
  webhooks
    .command('deliveries')
    .description('List deliveries of a webhook, newest first')
    .argument('<id>', WEBHOOK_ID)
    .addOption(choiceOption('--status <status>', 'only deliveries with this status', DELIVERY_STATES))
    .addOption(deliveriesPerPage)
    .addOption(deliveriesPage)
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (id, options) => exit((await load()).deliveriesCommand(readConfig(), id, options)));
  webhooks
    .command('redeliver')
    .description('Send a delivery again, with the same webhook-id')
    .argument('<id>', 'ID of the delivery')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (id, options) => exit((await load()).redeliverCommand(readConfig(), id, options)));
}

function addTools(program: Command): void {
  program
    .command('usage')
    .description('Show how much an account has used this month, and how much of its quota remains')
    .option('--period <month>', 'show another month, e.g. 2026-10')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .action(async (options) => exit((await import('./commands/usage.ts')).usageCommand(readConfig(), options)));
  program
    .command('probe')
    .description('Show the format, the duration and the streams of a file or URL')
    .argument('<source>', 'a media file or a URL. Where possible, Airlock reads only parts of a remote file')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExamples:\n  ./airlock probe holiday.mov\n  ./airlock probe https://example.org/talk.mp4 --json',
    )
    .action(async (source, options) =>
      exit((await import('./commands/probe.ts')).probeCommand(readConfig(), source, options)),
    );
  program
    .command('validate')
    .description(
      'Check the body of POST /v1/transcodes, and show the command that would run. Exits with 1 if the API would reject the body',
    )
    .argument('<file>', 'a file with JSON, or - for standard input')
    .option(...ACCOUNT)
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  ./airlock validate job.json\n  ./make-job | ./airlock validate - --json')
    .action(async (file, options) =>
      exit((await import('./commands/validate.ts')).validateCommand(readConfig(), file, options)),
    );
  program
    .command('mcp')
    .description(
      'Serve the tools of the Model Context Protocol on standard input and output, for Claude and other clients',
    )
    .option(...ACCOUNT)
    .action(async (options) => exit((await import('./commands/mcp.ts')).mcpCommand(readConfig(), options)));
  addTranscribe(program);
}

function addTranscribe(program: Command): void {
  const transcribe = program
    .command('transcribe')
    .description('Transcribe the speech in a file. Requires a server with a speech model')
    .argument('<file>', 'a media file')
    .option('--language <language>', 'spoken language, e.g. en (default: detected)')
    .option('--translate', 'translate the speech into English')
    .option(
      '--output <file>',
      'file to write instead of printing the text. The extension selects the format: .srt, .vtt, .json or .txt',
    )
    .option(...ACCOUNT)
    .option('--json', 'print the transcription job as JSON')
    .addHelpText(
      'after',
      `
Examples:
  ./airlock transcribe interview.mp3
  ./airlock transcribe talk.mp4 --output talk.srt --language de`,
    )
    .action(async (file, options) =>
      exit((await import('./commands/transcribe.ts')).transcribeCommand(readConfig(), file, options)),
    );
  transcribe
    .command('install')
    .description('Install a speech model on this machine, and build whisper.cpp, which runs the model')
    .requiredOption('--model <file>', 'file of the model, named ggml-….bin')
    .requiredOption('--sha256 <hex>', 'SHA-256 hash of the model, as stated by its publisher')
    .option('--name <name>', 'name of the model in settings (default: derived from the file name)')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
The command builds whisper.cpp from sources that npm downloads and Airlock checks. It requires g++. docs/transcription.md explains the
setup.`,
    )
    .action(async (options) =>
      (await import('./commands/transcribe-install.ts')).transcribeInstallCommand(readConfig(), options),
    );
}
