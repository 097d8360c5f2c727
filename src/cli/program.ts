import { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { addAccounts } from './accounts-command.ts';
import { addClientCommands } from './client-commands.ts';
import { DIRECT_COMMANDS, roleConfig } from './direct-commands.ts';
import { EXIT_CODES, UsageError } from './exit.ts';
import { addKeys } from './keys-command.ts';
import { choiceOption } from './option-types.ts';
import { addUsers } from './users-command.ts';
import { version } from './version.ts';

// Not imported from the schemas, because each role reads this file, and most roles need no Zod.
const QUALITIES = ['high', 'medium', 'low'];
const RESOLUTIONS = ['480p', '720p', '1080p', '4k'];

/** Creates the parser of all commands. The code of a command is loaded when the command runs. */
export function createProgram(): Command {
  const program = new Command('airlock')
    .description('A secure video transcoding API that you run yourself.')
    .version(version())
    .showHelpAfterError('(./airlock --help shows every command)')
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  ./airlock transcode holiday.mov holiday.mp4 --resolution 720p
  ./airlock up
  ./airlock keys create --name website --json
  ./airlock accounts set default --memory-mb 2048
  ./airlock jobs list --watch
  ./airlock doctor

Commands on media, uploads, jobs, webhooks and usage call the server in AIRLOCK_URL with the key in AIRLOCK_API_KEY. If these variables are
not set, the commands call the service on this machine. docs/configuration.md lists all variables, and docs/cli.md all commands.
Exit codes: ${EXIT_CODES.map(([code, short]) => `${code} ${short}`).join(', ')}.`,
    );
  program.commandsGroup('Media and jobs:');
  addTranscode(program);
  addClientCommands(program);
  program.commandsGroup('The service:');
  addService(program);
  addKeys(program);
  addAccounts(program);
  addUsers(program);
  program.commandsGroup('Proofs:');
  addProofs(program);
  program.commandsGroup('Parts of the service, for separate machines or accounts:');
  addRoles(program);
  program.commandsGroup('Development and help:');
  addScripts(program);
  for (const command of program.commands) showOwnHelpAfterError(command);
  return program;
}

/** Lets each error about an option or an argument refer to the help of the command. */
function showOwnHelpAfterError(command: Command, path: string = command.name()): void {
  const shows = command.commands.length > 0 ? 'shows its commands' : 'shows its arguments and options';
  command.showHelpAfterError(`(./airlock ${path} --help ${shows})`);
  for (const below of command.commands) showOwnHelpAfterError(below, `${path} ${below.name()}`);
}

function addTranscode(program: Command): void {
  program
    .command('transcode')
    .description('Transcode a file in the sandbox, and write the outputs')
    .argument('<input>', 'a media file')
    .argument('[output...]', 'files to write. Their extensions select the formats. Optional with --template')
    .option('--template <name>', 'name of a template, e.g. airlock/web, or of a version, e.g. web@3')
    .addOption(choiceOption('--quality <quality>', 'quality of the output', QUALITIES))
    .addOption(
      choiceOption('--resolution <resolution>', 'short side of the frame, unless the video is smaller', RESOLUTIONS),
    )
    .option('--option <option>', 'an FFmpeg option, e.g. "-c:v libx265" or "-vf hflip" (repeatable)', collect, [])
    .option('--filter <graph>', 'a filter graph, e.g. "[0:v]scale=640:-2[v]" (repeatable)', collect, [])
    .option('--text <text>', 'text to draw over the video, in any language (repeatable)', collect, [])
    .option(
      '--target <metric=number>',
      'search for the smallest file that reaches this quality, e.g. ssim=0.98 or xpsnr=40',
    )
    .option('--measure <metrics>', 'compare the output with the source, e.g. ssim,xpsnr,psnr')
    .option(
      '--ladder <heights>',
      'write a folder for HLS and DASH players, with these renditions: auto, or heights such as 720,360',
    )
    .option(
      '--poster <time>',
      'also write a poster: the best frame (best), or the frame at a time in seconds (such as 12.5) or at a share of the video (such as 50%)',
    )
    .option('--sprite <seconds>', 'also write a folder of scrub previews, with a picture every <seconds>')
    .option('--to <url>', 'also deliver the files to the bucket of a connection: s3://CONNECTION/FOLDER')
    .option('--json', 'print the finished job as JSON')
    .addHelpText(
      'after',
      `
Examples:
  ./airlock transcode in.mov out.mp4 --option "-vf scale=640:-2,hflip" --option "-crf 20"
  ./airlock transcode in.mov out.mp4 --filter "[0:v]crop=ih:ih[v]"
  ./airlock transcode in.mov out.mp4 --text "Hello, world"
  ./airlock transcode in.mov out.mp4 out.webm out.mp3
  ./airlock transcode in.mov stream --ladder auto --poster best --sprite 5
  ./airlock transcode in.mov out.mp4 --poster 50%
  ./airlock transcode in.mov --template airlock/web

In --option, the text after the first space is the argument. docs/options.md lists the allowed options.
With --ladder, Airlock writes the poster and the previews into the folder of the ladder. Otherwise, Airlock writes them next to the
first output, as out-poster.jpg and out-sprite. If there is no output, their names start with the name of the input. Airlock makes all
outputs in one job, from one upload.`,
    )
    .action(async (input, outputs, options) => {
      const { transcodeCommand } = await import('./commands/transcode.ts');
      process.exitCode = await transcodeCommand(readConfig(), input, outputs, options);
    });
}

function addService(program: Command): void {
  program
    .command('up')
    .description('Run the complete service: database, storage, API and worker')
    .addHelpText(
      'after',
      `
Examples:
  ./airlock up
  AIRLOCK_PORT=9000 AIRLOCK_STORAGE_PORT=9001 AIRLOCK_METRICS_PORT=9465 ./airlock up

The first start prints an API key, and a link with which the first operator sets a password. If standard error is not a terminal, the
first start writes the key to a file instead. Airlock stores all data in ./.airlock, or in AIRLOCK_DATA_DIR. To stop the service, press
Ctrl-C. Running jobs then have 20 seconds to finish.`,
    )
    .action(DIRECT_COMMANDS.up);

  program
    .command('doctor')
    .description('Run all checks, and print a remedy for each problem')
    .option('--sandbox', 'run only the self-test of the sandbox, and show what a hostile file could reach')
    .option('--all', 'with --sandbox: print each attempt with its expected and observed result')
    .option('--json', 'print the checks as JSON')
    .addHelpText(
      'after',
      `
Run this command in the service's folder, with the service's settings, and as the service's user. The command exits with 1 if a check fails.
docs/troubleshooting.md explains each check.`,
    )
    .action(async (options) => {
      const { doctor } = await import('./commands/doctor.ts');
      process.exitCode = await doctor(readConfig(), options);
    });

  program
    .command('sbom')
    .description(
      'Print a software bill of materials (CycloneDX) of this installation: the npm packages, the Debian packages and FFmpeg',
    )
    .action(async () => (await import('./commands/sbom.ts')).sbomCommand(readConfig()));
}

function addProofs(program: Command): void {
  program
    .command('receipt')
    .description('Check receipts of deletion and manifests')
    .command('verify')
    .description('Check the signature of a saved receipt, manifest or head of the audit log')
    .argument('<file>', 'the saved response of the API')
    .option(
      '--keys <from>',
      'keys to trust: a file, or the https:// URL of /.well-known/airlock-keys.json (default: the keys of the server)',
    )
    .action(async (file, options) => {
      const { verifyReceiptCommand } = await import('./commands/receipt.ts');
      process.exitCode = await verifyReceiptCommand(readConfig(), file, options);
    });

  const audit = program.command('audit').description('Verify that the audit log is unchanged');
  audit
    .command('verify')
    .description(
      'Check the hash chain of the audit log and the signed heads. Exits with 1 if a row is missing or does not match, or if the signature of a head is invalid',
    )
    .option('--head <file>', 'also compare the log with this head, which you stored elsewhere')
    .option('--json', 'print the result as JSON')
    .action(async (options) => {
      const { verifyAuditCommand } = await import('./commands/audit.ts');
      process.exitCode = await verifyAuditCommand(readConfig(), options);
    });
  audit
    .command('head')
    .description(
      'Print the signed hash of the newest row of the audit log, so that you can store the hash on another machine',
    )
    .action(async () => {
      const { auditHeadCommand } = await import('./commands/audit.ts');
      process.exitCode = await auditHeadCommand(readConfig());
    });
}

function addRoles(program: Command): void {
  program
    .command('migrate')
    .description('Migrate the database to the newest schema')
    .option('--report', 'print the result of the migration as JSON')
    .option(
      '--roles',
      'create the database roles airlock_api and airlock_worker with only the privileges that they need',
    )
    .option('--first-key [file]', 'create an API key if no key exists, and print the key, or write it to this file')
    .addHelpText(
      'after',
      `
Set AIRLOCK_DATABASE_URL to a URL with the login of the database's owner. Without this variable, the command migrates the embedded
database. docs/deploy/production.md shows the complete setup.`,
    )
    .action(async (options) => (await import('./commands/migrate.ts')).migrateCommand(readConfig(), options));

  program
    .command('secrets')
    .description('Print the part of secrets.json that a role needs on a separate machine or account')
    .addOption(choiceOption('--for <role>', 'the role', ['api', 'worker', 'gateway']).makeOptionMandatory())
    .action(async (options) => (await import('./commands/secrets.ts')).secretsCommand(await roleConfig(), options));
  program.command('api').description('Run only the API').action(DIRECT_COMMANDS.api);
  program.command('worker').description('Run only a worker').action(DIRECT_COMMANDS.worker);
  program.command('gateway').description('Run only the embedded storage gateway').action(DIRECT_COMMANDS.gateway);
}

/** Adds the commands for development, most of which the script `airlock` runs itself. Their help is here. */
function addScripts(program: Command): void {
  program
    .command('prepare')
    .description(
      'Prepare the database and the root image that Airlock copies into each new data directory. The build runs this command',
    )
    .action(async () => {
      process.exitCode = await (await import('./commands/prepare.ts')).prepareCommand(readConfig());
    });
  const ffmpeg = program.command('ffmpeg').description('Build the FFmpeg of the cells');
  ffmpeg
    .command('update')
    .description('Build and check a trimmed FFmpeg now, and let the worker of this data directory use the new build')
    .addHelpText(
      'after',
      `
./airlock up runs this command automatically when the machine is idle. The command requires apt and bubblewrap, and does not change
the packages of this machine. It uses one processor for about 25 minutes, at the lowest priority.
docs/operate/trimmed-ffmpeg.md describes the checks.`,
    )
    .action(async () => {
      process.exitCode = await (await import('./commands/ffmpeg-update.ts')).ffmpegUpdateCommand(readConfig());
    });
  ffmpeg
    .command('build')
    .description('Build a trimmed FFmpeg from the source package of this distribution. Takes ten minutes on two cores')
    .argument(
      '[prefix]',
      'folder to install to (default: /opt/airlock/ffmpeg, which Airlock finds without configuration)',
      '/opt/airlock/ffmpeg',
    )
    .addHelpText(
      'after',
      `
Run the command as root. The command installs compilers and headers, so prefer a container or a chroot of the same release. The built
FFmpeg has no network protocols, devices or plugins, and starts faster than the FFmpeg of the distribution. apt does not update the
built FFmpeg, so build it again when ./airlock doctor reports a newer version. deploy/ffmpeg/README.md describes the build.`,
    )
    .action(() => {
      throw new UsageError('Only ./airlock ffmpeg build, the script in the project folder, can build FFmpeg.');
    });
  program
    .command('test')
    .description('Run all tests, or the tests in the named files. Installs the packages that the tests need')
    .argument('[files...]', 'test files, or parts of their names')
    .option('--storage <storage>', 'run test/e2e, or the named files, on another storage: swift')
    .option('--chaos <duration>', 'kill and stop processes of a fleet for this long, e.g. 30m')
    .option('--upgrade <ref>', 'upgrade from another commit to this commit and back, on one database')
    .addHelpText(
      'after',
      '\nOther options are passed to Vitest, e.g. -t "a title". docs/development.md describes the tests.',
    )
    .allowUnknownOption();
  program
    .command('bench')
    .description(
      'Measure Airlock on this machine, and compare Airlock with plain FFmpeg. ./airlock bench --help lists the cases',
    )
    .allowUnknownOption();
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}
