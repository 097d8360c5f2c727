import { earlierOutputs } from '../../attempt/outputs/publish.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import type { JobPlan, PictureTime, RungRate } from '../../ffmpeg/index.ts';
import type { AttemptResult } from '../kind.ts';
import { openRequest, type TranscodeAttempt } from './attempt.ts';
import { findBestStill } from './best-still.ts';
import { markBrief } from './brief.ts';
import { addCaptions } from './captions.ts';
import { completionOf } from './completion.ts';
import { findFields } from './find-fields.ts';
import { startHashing } from './hash-sources.ts';
import { sampleLadder } from './quality/sample-ladder.ts';
import { searchTargets } from './quality/search-targets.ts';
import { runCommands } from './run-commands.ts';
import { startPieces } from './segments/start.ts';
import { arriving, isArriving } from './sources/arriving.ts';
import { STRATEGIES } from './sources/index.ts';
import type { FallBack, Found, PreparedSources } from './sources/prepared.ts';

/** Runs a transcode. Tries the strategies in order. The first strategy that applies to the job and doesn't fall back makes the outputs. */
export async function executeTranscode(tools: WorkTools, run: Run): Promise<AttemptResult> {
  const attempt: TranscodeAttempt = { tools, run, request: await openRequest(tools, run.claim), atEnd: [] };
  let found: Found = {};
  try {
    const isUploading = isArriving(run.claim);
    for (const { name, prepare } of isUploading ? [arriving] : STRATEGIES) {
      const sources = await prepare(attempt, found);
      if (sources === null) continue;
      const result = sources.outcome === 'ready' ? await useSources(attempt, sources) : sources;
      if (result.outcome !== 'fall-back') return result;
      tools.logger.info({ strategy: name, reason: result.reason }, 'the sources of a job are prepared in another way');
      found = result.found ?? {};
    }
    if (isUploading) return { outcome: 'awaiting-upload' };
    throw new Error('no strategy has prepared the sources');
  } finally {
    await Promise.all(attempt.atEnd.map((end) => end()));
  }
}

/** Makes the outputs, and closes the sources. The strategy decides whether an error fails the attempt or causes a fallback. */
async function useSources(attempt: TranscodeAttempt, sources: PreparedSources): Promise<AttemptResult | FallBack> {
  const made = await makeOutputs(attempt, sources)
    .catch((error: unknown) => ({ outcome: 'failed' as const, error }))
    .finally(() => sources.close());
  if (made.outcome !== 'failed') return made;
  const fallBack = attempt.run.signal.aborted ? null : await sources.fallBackFrom(made.error);
  if (fallBack) return fallBack;
  throw made.error;
}

/**
 * Makes the outputs that no earlier attempt has made: compare → plan → sample → split → run, check, store and publish each command → complete.
 */
async function makeOutputs(attempt: TranscodeAttempt, sources: PreparedSources): Promise<AttemptResult | FallBack> {
  const hashing = startHashing(attempt, sources);
  try {
    const best = await findBestStill(attempt, sources);
    if ('outcome' in best) return best;
    const first = await planFirst(attempt, sources, best.picture);
    await attempt.confirmed;
    attempt.run.signal.throwIfAborted();
    const rejected = await sources.accept(first);
    if (rejected) return rejected;
    const fields = await findFields(attempt, sources, first, () => makePlan(attempt, sources, { best: best.picture }));
    const rungRates = await sampleLadder(attempt, sources, fields.plan);
    const found = { best: best.picture, ...(rungRates && { rungRates }) };
    const plan = rungRates ? await makePlan(attempt, sources, found) : fields.plan;
    const planApart = (apart: number) => makePlan(attempt, sources, { ...found, apart });
    const hasChildren = await startPieces(attempt, sources, { plan, hashed: hashing.done, planApart });
    if (hasChildren) return { outcome: 'awaiting-children' };
    markBrief(attempt, sources, plan);
    const target = await searchTargets(attempt, sources, plan);
    const made = await runCommands(attempt, sources, target.plan, target.searched);
    made.warnings.push(...fields.warnings, ...target.warnings);
    await addCaptions(attempt, sources, made);
    await hashing.done;
    return { outcome: 'completed', completion: completionOf(attempt, sources, made) };
  } finally {
    await hashing.stop();
  }
}

/** Returns the plan of an earlier attempt, completed by commands for the other outputs, or a new plan. */
async function planFirst(
  attempt: TranscodeAttempt,
  sources: PreparedSources,
  best: PictureTime | null,
): Promise<JobPlan> {
  const { planned } = sources;
  if (!planned) return makePlan(attempt, sources, { best });
  const { plan, apart } = planned;
  if (apart === null) return plan;
  const { commands, failures = [] } = await makePlan(attempt, sources, { best, apart });
  const isOther = ({ position }: { position: number }) => position !== apart;
  return {
    commands: [...plan.commands, ...commands.filter(({ outputs }) => outputs.every(isOther))],
    failures: failures.filter(isOther),
  };
}

function makePlan(
  { tools, run, request }: TranscodeAttempt,
  sources: PreparedSources,
  found: { best: PictureTime | null; rungRates?: readonly RungRate[]; apart?: number },
): Promise<JobPlan> {
  const made = earlierOutputs(run.claim).map(({ position }) => position);
  const context = {
    ...found,
    made,
    resourceClass: run.claim.job.resource_class === 'heavy' ? ('heavy' as const) : ('light' as const),
    disarm: request.disarm,
    cores: tools.settings.cores,
    memoryBytes: tools.settings.cellMemoryBytes,
    assets: sources.assets.map((asset) => asset?.plan ?? null),
  };
  return tools.measure('plan', () => tools.planner.plan({ request: request.request, inputs: sources.inputs, context }));
}
