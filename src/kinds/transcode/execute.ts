import { once } from 'node:events';
import { basename } from 'node:path';
import { factsOf } from '../../attempt/cells/cell-failure.ts';
import { cellLimits } from '../../attempt/cells/cell-limits.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { hideQueries } from '../../contract/hide-queries.ts';
import { canonicalJson, sha256 } from '../../crypto/hash.ts';
import type { AssetRequest, Plan, PlanWarning } from '../../ffmpeg/index.ts';
import type { AttemptBuild } from '../../jobs/attempts.ts';
import type { Completion } from '../../jobs/finish.ts';
import { type Claim, openWarnings } from '../../jobs/rows.ts';
import type { AttemptResult } from '../kind.ts';
import { type PreparedAsset, prepareAssets, stageAssets } from './assets.ts';
import type { EarlyInput } from './early-input.ts';
import { hashSources, type StagedSource } from './hash-sources.ts';
import { type PreparedInput, prepareInputs, stageInputs } from './inputs.ts';
import { writeLayers } from './layers.ts';
import { type EarlyOutput, openEarlyOutput } from './outgoing/early-output.ts';
import { mayReadRanges } from './ranges/picture-time.ts';
import { transcodeRanges } from './ranges/transcode-ranges.ts';
import { openWholeRequest, planJson } from './request.ts';
import { type CellInput, makePlan, type ReadRequest, readRequest, runPlan } from './run-plan.ts';
import { choosePieces, mayBeInPieces } from './segments/choose.ts';
import { type JoinedOutput, PiecesFailed, usePieces } from './segments/join.ts';
import { startPieces } from './segments/start.ts';
import { AwaitChildren } from './segments/state.ts';
import { storeOutput } from './store-output.ts';
import { copyRule, mayStream } from './streaming/may-stream.ts';
import { transcodeArriving } from './streaming/transcode-arriving.ts';

interface Sources {
  inputs: PreparedInput[];
  assets: (PreparedAsset | null)[];
}

/**
 * Runs a transcode: stages the sources, takes a slot, sanitizes and probes, plans, runs FFmpeg, and checks and stores
 * the output.
 */
export async function executeTranscode(tools: WorkTools, run: Run): Promise<AttemptResult> {
  try {
    return { outcome: 'completed', completion: await chooseWay(tools, run) };
  } catch (error) {
    if (error instanceof AwaitChildren) return { outcome: 'awaiting-children' };
    throw error;
  }
}

async function chooseWay(tools: WorkTools, run: Run): Promise<Completion> {
  const read = await readRequest(tools, run.claim);
  const joined = await tryJoin(tools, run);
  if (typeof joined === 'object' && joined) return joined;
  if (joined || mayBeInPieces(tools, run, read)) {
    return transcodeStaged(tools, run, read, await stageInputs(tools, run.claim, run), joined);
  }
  if (mayReadRanges(run.claim, read)) {
    const completion = await transcodeRanges(tools, run, (input, slot, early) =>
      transcode(tools, run, read, { inputs: [input], assets: [] }, slot, early),
    );
    if (completion) return completion;
  }
  if (!mayStream(run.claim, read)) return transcodeStaged(tools, run, read, await stageInputs(tools, run.claim, run));
  return transcodeArriving(tools, run, copyRule(read), {
    whole: (file) => transcodeStaged(tools, run, read, [file]),
    streamed: (input, slot, early) => transcode(tools, run, read, { inputs: [input], assets: [] }, slot, early),
  });
}

async function transcodeStaged(
  tools: WorkTools,
  run: Run,
  read: ReadRequest,
  inputFiles: readonly string[],
  whole: string | null = null,
): Promise<Completion> {
  const assetFiles = await stageAssets(tools, run.claim, read.assets, run);
  const slot = await run.lease.acquire(run.signal);
  const sources = await prepareSources(tools, run, {
    inputFiles,
    named: read.assets,
    assetFiles,
    slot,
    mayCopy: read.mayCopy,
    mayCut: whole === null && mayBeInPieces(tools, run, read),
  });
  return transcode(tools, run, read, sources, slot, null, whole);
}

/** Joins the pieces of an earlier attempt. Returns null if there are none, or the reason to encode the whole. */
async function tryJoin(tools: WorkTools, run: Run): Promise<Completion | string | null> {
  try {
    return await usePieces(tools, run, (joined) => storeJoined(tools, run, joined));
  } catch (error) {
    if (error instanceof PiecesFailed) return error.message;
    throw error;
  }
}

async function storeJoined(tools: WorkTools, run: Run, joined: JoinedOutput): Promise<Completion> {
  const { plan, result, slot, limits, inputSeconds } = joined;
  const output = await storeOutput(tools, run, { plan, result, slot, leaving: null });
  return {
    outputs: [output],
    plan: planJson.write({ args: plan.args, source: plan.source }),
    warnings: mergeWarnings(openWarnings(tools.context.vault, run.claim.job), hideQueries(plan.warnings)),
    inputSeconds,
    attempt: { ...factsOf(result), limits: limits.applied, build: buildOf(tools, plan.args) },
  };
}

/** Plans, runs FFmpeg, and checks and stores the output. */
async function transcode(
  tools: WorkTools,
  run: Run,
  read: ReadRequest,
  sources: Sources,
  slot: number,
  early: EarlyInput | null,
  whole: string | null = null,
): Promise<Completion> {
  const { claim } = run;
  const { request, fonts } = read;
  const hashing = startHashing(tools, run, sources, early);
  let leaving: EarlyOutput | null = null;
  try {
    const { commands } = await tools.measure('plan', () => makePlan(tools, claim, request, sources));
    const plan = commands[0]!;
    await early?.prepare(plan);
    await trySplit(tools, run, { read, plan, sources, whole, hashed: hashing.done });
    const limits = await cellLimits(
      tools,
      claim,
      plan,
      run.hold,
      openWholeRequest(tools.context.vault, claim.job)?.limits ?? {},
    );
    const layers = await writeLayers(tools.planner, plan.layers, run);
    plan.warnings.push(...(await tools.planner.fonts({ fonts }, run.signal)));
    plan.warnings.push(...layers.warnings, ...notYetWarned(tools, claim, limits.warnings));
    const files = [...(early?.open ? [] : cellInputs(sources)), ...layers.files];
    leaving = await openEarlyOutput(tools, run, plan);
    const result = await runPlan(tools, claim, plan, files, slot, {
      ...run,
      ...{ limits, leaving },
      ...(early && { signal: early.signal, ...(early.open && { stdin: early.open() }) }),
    });
    // A result made of a source that broke off, or that turned out to be something else, is not stored.
    await early?.settled().catch(async (error: unknown) => {
      await result.release();
      throw error;
    });
    const attempt = { ...factsOf(result), limits: limits.applied, build: buildOf(tools, plan.args) };
    const output = await storeOutput(tools, run, { plan, result, slot, leaving }).finally(() => result.release());
    await hashing.done;
    return {
      outputs: [output],
      plan: planJson.write({ args: plan.args, source: plan.source }),
      warnings: mergeWarnings(openWarnings(tools.context.vault, claim.job), hideQueries(plan.warnings)),
      inputSeconds: sources.inputs.reduce((sum, input) => sum + (input.info.durationSeconds ?? 0), 0),
      attempt,
    };
  } finally {
    hashing.stop();
    await Promise.all([hashing.done, leaving?.upload.abandon()]);
  }
}

/** Starts the pieces of a video where that pays, and throws `AwaitChildren`; else the plan says why not. */
async function trySplit(
  tools: WorkTools,
  run: Run,
  job: { read: ReadRequest; plan: Plan; sources: Sources; whole: string | null; hashed: Promise<void> },
): Promise<void> {
  const { read, plan, sources, whole } = job;
  const { video } = plan.outputs[0]!.streams;
  if (video?.mode !== 'encoded' || (whole === null && !mayBeInPieces(tools, run, read))) return;
  const input = sources.inputs[0]!;
  const chosen = whole ?? (await choosePieces(tools, run, read, plan, input));
  if (typeof chosen === 'string') {
    video.split = { pieces: 1, reason: chosen };
    return;
  }
  // The join does not read the source.
  await job.hashed;
  await startPieces(tools, run, plan, input, chosen);
}

/** Sanitizes and probes every source. */
async function prepareSources(
  tools: WorkTools,
  run: Run,
  staged: {
    inputFiles: readonly string[];
    named: readonly AssetRequest[];
    assetFiles: readonly (string | null)[];
    slot: number;
    mayCopy: boolean;
    mayCut: boolean;
  },
): Promise<Sources> {
  const { folder, signal, hold, claim } = run;
  const place = { folder, signal, hold, slot: staged.slot };
  const inputs = await prepareInputs(tools, claim, staged.inputFiles, {
    ...place,
    packets: staged.mayCopy,
    frames: staged.mayCut,
  });
  const assets = await prepareAssets(tools, claim, staged.named, { files: staged.assetFiles, inputs }, place);
  return { inputs, assets };
}

/** Hashes the sources while FFmpeg reads them. */
function startHashing(
  tools: WorkTools,
  run: Run,
  sources: Sources,
  early: EarlyInput | null,
): { done: Promise<void>; stop: () => void } {
  const { claim, folder } = run;
  const stopping = new AbortController();
  const signal = AbortSignal.any([run.signal, stopping.signal]);
  if (early && !early.staged) return { done: Promise.resolve(), stop: () => {} };
  // A job that is streamed may still need the source.
  const staged = stagedSources(claim, sources).map((one) => (early ? { ...one, isSpare: false } : one));
  const started = Promise.race([early?.staged, once(stopping.signal, 'abort')]);
  const done = started.then(
    () => hashSources(tools, claim, staged, { folder, signal }),
    () => {},
  );
  return { done, stop: () => stopping.abort() };
}

function stagedSources(claim: Claim, { inputs, assets }: Sources): StagedSource[] {
  return [
    ...inputs.map(({ source, file }, index) => ({ row: claim.inputs[index]!, file: source, isSpare: file !== source })),
    ...assets.flatMap((asset, index) => {
      const row = claim.assets.find(({ position }) => position === claim.inputs.length + index);
      return asset && row ? [{ row, file: asset.source, isSpare: asset.file !== asset.source }] : [];
    }),
  ];
}

function cellInputs({ inputs, assets }: Sources): CellInput[] {
  return [
    ...inputs.map((input, position) => ({ name: String(position), path: input.file })),
    ...assets.flatMap((asset) => (asset ? [{ name: basename(asset.plan.path), path: asset.file }] : [])),
  ];
}

/** Omits warnings that were given when the job was accepted. */
function mergeWarnings(given: PlanWarning[], more: PlanWarning[]): PlanWarning[] {
  const known = new Set(given.map((warning) => JSON.stringify([warning.field, warning.message])));
  return [...given, ...more.filter((warning) => !known.has(JSON.stringify([warning.field, warning.message])))];
}

/** The API has already warned about limits that the account lowers. */
function notYetWarned({ context }: WorkTools, claim: Claim, warnings: PlanWarning[]): PlanWarning[] {
  const given = new Set(openWarnings(context.vault, claim.job).map(({ field }) => field));
  return warnings.filter(({ field }) => !given.has(field));
}

function buildOf({ sandbox, settings }: WorkTools, args: Plan['args']): AttemptBuild {
  const { version, package: name } = sandbox.ffmpeg;
  return {
    airlockVersion: settings.version,
    ffmpegVersion: version,
    ffmpegPackage: name,
    commandSha256: sha256(canonicalJson(['ffmpeg', ...args])).toString('hex'),
  };
}
