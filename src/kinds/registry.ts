import { RENDER_KIND, TRANSCRIBE_KIND } from './blueprint/capability.ts';
import { blueprint } from './blueprint/index.ts';
import { hiddenKind } from './child-jobs.ts';
import { connectionCheck } from './connection-check/index.ts';
import { delivery, earlierDelivery } from './delivery/index.ts';
import { inspection } from './inspection/index.ts';
import type { Kind } from './kind.ts';
import { probe } from './probe/index.ts';
import { segment } from './segment/index.ts';
import { transcode } from './transcode/index.ts';
import { transcribe } from './transcribe/index.ts';
import { transcribePiece } from './transcribe-piece/index.ts';

/** Hides the type of a kind's requests. This is safe, because only the kind's own `admit` receives the result of its `toRequest`. */
const asKind = <Request>(kind: Kind<Request>) => kind as unknown as Kind;

const KINDS: readonly Kind[] = [
  ...[asKind(transcode), inspection, segment, asKind(probe), asKind(connectionCheck), asKind(blueprint)],
  ...[asKind(transcribe), transcribePiece, asKind(delivery), asKind(earlierDelivery)],
];

/** Kinds whose jobs a run of a blueprint creates, with the names of their hidden copies. */
const CHILDREN = new Map([
  ['transcode', RENDER_KIND],
  ['transcribe', TRANSCRIBE_KIND],
]);
const hidden = KINDS.flatMap((kind) => {
  const name = CHILDREN.get(kind.name);
  return name === undefined ? [] : [hiddenKind(kind, name)];
});

/** Every kind of job, by its name. */
export const kinds: ReadonlyMap<string, Kind> = new Map([...KINDS, ...hidden].map((kind) => [kind.name, kind]));
