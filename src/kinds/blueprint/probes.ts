import { describeFile } from '../../attempt/media/describe-file.ts';
import { knownInfo } from '../../attempt/media/stored-info.ts';
import type { MediaFacts } from '../../blueprints/blueprint.ts';
import { JobFailure } from '../../contract/failures.ts';
import { inspectionJson } from '../../uploads/upload.ts';
import { type AdmittedChild, type ChildAdmission, openChildAdmission } from '../child-jobs.ts';
import { openResult } from '../probe-result.ts';
import { PROBE_KIND } from './capability.ts';
import { factsOf, wrongKind } from './facts.ts';
import { failureOf } from './failures.ts';
import { mediaKinds, type RunAttempt } from './run-request.ts';
import type { RunState } from './state.ts';

/** Returns the facts of the media inputs that were uploaded, and therefore already inspected, by the names of the inputs. */
export function knownFacts({ run, request }: RunAttempt): Record<string, MediaFacts> {
  const known = request.media.flatMap((name, position) => {
    const inspection = inspectionJson.readOrNull(run.claim.inputs[position]?.probe ?? null);
    const info = knownInfo(inspection);
    const facts = info && factsOf(describeFile(info, { sizeBytes: info.sizeBytes, container: null }));
    return facts ? [[name, facts] as const] : [];
  });
  return Object.fromEntries(known);
}

/** Admits a probe for each media input without known facts. Returns the probes by the names of the inputs. */
export async function probesFor(
  { tools, run, kinds, request }: RunAttempt,
  { facts }: RunState,
): Promise<{ admission: ChildAdmission; children: Map<string, AdmittedChild> }> {
  const admission = await openChildAdmission(tools, run, kinds);
  const children = new Map<string, AdmittedChild>();
  for (const name of request.media.filter((name) => !facts[name]))
    children.set(name, await admission.admit(PROBE_KIND, { url: request.inputs[name] as string }));
  return { admission, children };
}

/** Reads the results of the probes. Throws `JobFailure` if an input could not be described. */
export function readProbes({ tools, children }: RunAttempt, { probes }: RunState): Record<string, MediaFacts> {
  const found = Object.entries(probes).map(([name, id]) => {
    const child = children.find((one) => one.id === id);
    if (child?.status !== 'completed') throw failureOf(tools, child, name);
    const result = openResult(tools.context.vault, child);
    const facts = result && factsOf(result);
    if (!facts) throw new JobFailure('unsupported_media', `${name} contains neither a picture nor sound.`);
    return [name, facts] as const;
  });
  return Object.fromEntries(found);
}

/** Throws `JobFailure` if a media input is of another kind than the blueprint requires. */
export function requireKinds({ request }: RunAttempt, { facts }: RunState): void {
  const kinds = mediaKinds(request);
  for (const name of request.media) {
    const wrong = facts[name] && wrongKind(kinds.get(name)!, facts[name]);
    if (wrong) throw new JobFailure('unsupported_media', `${name} ${wrong.reason}. ${wrong.remedy}.`);
  }
}
