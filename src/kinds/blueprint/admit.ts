import { accountRetention } from '../../accounts/accounts.ts';
import { describeFile } from '../../attempt/media/describe-file.ts';
import { knownInfo } from '../../attempt/media/stored-info.ts';
import { type Blueprint, type MediaFacts, mediaInputs, outputsOf } from '../../blueprints/blueprint.ts';
import type { Warning } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import { idleRetention } from '../../contract/limit-advice.ts';
import { findSources, type NamedSource } from '../../jobs/sources.ts';
import { missingConnections } from '../connection-sources.ts';
import type { Admission, AdmissionServices, Caller } from '../kind.ts';
import { locateInRequest, rejectedUrl, sourceError } from '../problems.ts';
import { rejectedWebhook } from '../webhook-url.ts';
import { capabilityOf } from './capability.ts';
import { captionProblems } from './captions.ts';
import { factsOf, wrongKind } from './facts.ts';
import { factsJson, requestJson } from './state.ts';

/** A request for a run, after the schema of its blueprint has checked the inputs. */
export interface RunSubmission {
  blueprint: Blueprint;
  inputs: Record<string, unknown>;
  warnings: readonly Warning[];
  webhookUrl: string | null;
  retentionSeconds: number | null;
  metadata: Record<string, unknown> | null;
}

/** Checks a run against the known facts of its media. Reads no file. */
export async function admitRun(
  services: AdmissionServices,
  caller: Caller,
  submission: RunSubmission,
): Promise<Admission> {
  const { context } = services;
  const { blueprint, inputs, webhookUrl, retentionSeconds } = submission;
  const media = [...mediaInputs(blueprint).keys()].filter((name) => inputs[name] !== undefined);
  const sources = media.map((name) => ({ url: inputs[name] as string, field: name }));
  const urls = sources.map(({ url }) => url);
  const foundInputs = urls.length === 0 ? [] : await findSources(context, context.db, caller, urls);
  const known = knownFacts(media, foundInputs);
  const others = Object.entries(inputs).filter(([name]) => !media.includes(name));
  return {
    problems: [
      ...rejectedSources(services, sources),
      ...rejectedWebhook(services, webhookUrl ?? undefined),
      ...(await missingConnections(services, caller, sources)),
      ...rejectedKinds(blueprint, known),
      ...planProblems(submission, media, known),
      ...(await captionProblems(services, caller, { blueprint, inputs })),
    ],
    // The attempts of a run are short and run no cell, so they must not wait for encodes.
    resourceClass: 'interactive',
    fetches: false,
    request: () => {
      const text = requestJson.write({ inputs: Object.fromEntries(others), media });
      return { shown: text, sent: text };
    },
    facts: factsJson.write({ blueprint: blueprint.slug, step: 'queued' }),
    settings: null,
    ...{ inputs: sources, assets: [], foundInputs },
    outputs: outputsOf(blueprint, inputs).map(({ label, format }) => ({
      ...{ format, label: label === format ? null : label },
      name: media.length > 0 ? null : `${blueprint.slug}.${format}`,
    })),
    warnings: [
      ...submission.warnings,
      ...idleRetention(retentionSeconds ?? undefined, accountRetention(caller.account, context.retentionSeconds)),
    ],
    ...{ metadata: submission.metadata, retentionSeconds, webhookUrl, needs: [capabilityOf(blueprint.slug)] },
  };
}

function rejectedSources({ checkSourceUrl }: AdmissionServices, sources: readonly NamedSource[]): ApiError[] {
  return sources.flatMap((source) => {
    const reason = rejectedUrl(checkSourceUrl, source);
    return reason === null ? [] : [sourceError(source, reason, locateInRequest)];
  });
}

/** Returns the facts of the uploads that have been inspected, by the names of the inputs. */
function knownFacts(
  media: readonly string[],
  found: Awaited<ReturnType<typeof findSources>>,
): Partial<Record<string, MediaFacts>> {
  const known = media.flatMap((name, index) => {
    const source = found[index]!;
    const info = 'code' in source ? null : knownInfo(source.inspection);
    const facts = info && factsOf(describeFile(info, { sizeBytes: info.sizeBytes, container: null }));
    return facts ? [[name, facts] as const] : [];
  });
  return Object.fromEntries(known);
}

function rejectedKinds(blueprint: Blueprint, known: Partial<Record<string, MediaFacts>>): ApiError[] {
  return [...mediaInputs(blueprint)].flatMap(([field, kind]) => {
    const facts = known[field];
    const wrong = facts && wrongKind(kind, facts);
    return wrong ? [new ApiError('source_refused', { field, ...wrong })] : [];
  });
}

/** Returns why the blueprint can't make an output from these inputs, if this is known before any file is read. */
function planProblems(
  { blueprint, inputs }: RunSubmission,
  media: readonly string[],
  facts: Partial<Record<string, MediaFacts>>,
): ApiError[] {
  const kinds = mediaInputs(blueprint);
  const isKnown = media.every((name) => facts[name] && !wrongKind(kinds.get(name)!, facts[name]));
  if (!isKnown || blueprint.captions) return [];
  const planned = blueprint.plan(inputs, { facts, srtText: null });
  return 'problem' in planned ? [new ApiError('invalid_request', { ...planned.problem })] : [];
}
