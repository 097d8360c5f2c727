import { hideQueries } from '../../contract/hide-queries.ts';
import { canonicalJson, sha256 } from '../../crypto/hash.ts';
import type { JobPlan, PlanWarning } from '../../ffmpeg/index.ts';
import { ffmpegThatRan } from '../../jobs/attempt-commands.ts';
import type { AttemptBuild, AttemptFacts } from '../../jobs/attempts.ts';
import type { Completion } from '../../jobs/finish.ts';
import type { Claim } from '../../jobs/rows.ts';
import type { TranscodeAttempt } from './attempt.ts';
import { planJson } from './request.ts';
import type { Made } from './run-commands.ts';
import type { PreparedSources } from './sources/prepared.ts';

/** Returns the result of the attempt, with which the job is completed or failed. */
export function completionOf(
  { run, request, tools }: TranscodeAttempt,
  { planned, inputs }: Pick<PreparedSources, 'planned' | 'inputs'>,
  { outputs, failures, commands, ...made }: Made,
): Completion {
  const several = run.claim.outputs.length > 1;
  const planWarnings = commands.flatMap(({ warnings }) => warnings);
  const inputSeconds = inputs.reduce((sum, input) => sum + (input.info.durationSeconds ?? 0), 0);
  return {
    outputs,
    failures: failures.map(({ position, error: { code, message } }) => ({
      outputId: run.claim.outputs[position]!.id,
      failure: { code, message: several ? `Output ${position + 1}: ${message}` : message },
    })),
    plan: planOf(commands),
    warnings: mergeWarnings(request.warnings, hideQueries([...planWarnings, ...made.warnings])),
    inputSeconds: planned?.inputSeconds ?? inputSeconds,
    attempt: { ...sumFacts(made.facts), build: buildOf(tools, run.claim, commands) },
  };
}

/** Returns the commands of the last attempt. Null if this attempt ran none, because only its captions were missing. */
function planOf(commands: JobPlan['commands']): string | null {
  const [first] = commands;
  return first ? planJson.write({ args: first.args, source: first.source, ...furtherCommands(commands) }) : null;
}

function furtherCommands([, ...others]: JobPlan['commands']) {
  return others.length > 0 ? { further: others.map(({ args }) => args) } : {};
}

/** The report of an attempt that only packaged pieces, which other jobs had encoded. */
const NO_CELL: AttemptFacts = { exitCode: null, signal: null, cpuMs: null, maxRssBytes: null, stderr: null };

/** Combines the reports of all cells of an attempt: the total CPU time, the maximum memory, and the exit of the first cell that failed. */
function sumFacts(facts: readonly AttemptFacts[]): AttemptFacts {
  const [first] = facts;
  if (!first) return NO_CELL;
  const shown = facts.find(({ exitCode }) => exitCode !== 0) ?? first;
  if (facts.length === 1) return shown;
  return {
    ...shown,
    cpuMs: facts.reduce((sum, { cpuMs }) => sum + (cpuMs ?? 0), 0),
    maxRssBytes: Math.max(...facts.map(({ maxRssBytes }) => maxRssBytes ?? 0)),
  };
}

/** Adds the warnings of the attempt to the warnings of the accepted job, without duplicates. */
function mergeWarnings(given: readonly PlanWarning[], more: readonly PlanWarning[]): PlanWarning[] {
  const known = new Set(given.map((warning) => JSON.stringify([warning.field, warning.message])));
  return [...given, ...more.filter((warning) => !known.has(JSON.stringify([warning.field, warning.message])))];
}

function buildOf(
  { sandbox, settings }: TranscodeAttempt['tools'],
  { commands: ran = [] }: Pick<Claim, 'commands'>,
  commands: JobPlan['commands'],
): AttemptBuild {
  const { version, package: name } = ffmpegThatRan(ran) ?? sandbox.ffmpeg;
  const [only, ...others] = commands.map(({ args }) => ['ffmpeg', ...args]);
  return {
    airlockVersion: settings.version,
    ffmpegVersion: version,
    ffmpegPackage: name,
    commandSha256: sha256(canonicalJson(others.length > 0 ? [only, ...others] : (only ?? []))).toString('hex'),
  };
}
