import type { MediaFacts, MediaKind } from '../../blueprints/blueprint.ts';
import type { ProbeAnswer } from '../../contract/probe.ts';

/** Returns the facts about a probed file that blueprints use. Returns null for a file that has neither picture nor sound. */
export function factsOf({ streams, duration_seconds: seconds }: ProbeAnswer): MediaFacts | null {
  const video = streams.find(({ type, is_cover }) => type === 'video' && !is_cover);
  const hasAudio = streams.some(({ type }) => type === 'audio');
  if (!video && !hasAudio) return null;
  const kind: MediaKind = video ? (seconds === null && !hasAudio ? 'image' : 'video') : 'audio';
  return {
    kind,
    ...{ width: video?.display_width ?? 0, height: video?.display_height ?? 0, rotation: video?.rotation ?? 0 },
    ...{ fps: kind === 'video' ? (video?.fps ?? null) : null, duration: seconds },
    ...{ hasAudio, hasAlpha: video?.has_alpha === true },
  };
}

const NOUNS: Record<MediaKind, string> = { video: 'a video', image: 'a picture', audio: 'an audio file' };

/** Returns why a file can't be an input of this kind; null if it can. */
export function wrongKind(wanted: MediaKind, facts: MediaFacts): { reason: string; remedy: string } | null {
  const isRight = wanted === 'audio' ? facts.hasAudio : facts.kind === wanted;
  if (isRight) return null;
  const is = wanted === 'audio' && facts.kind === 'video' ? 'a video without sound' : NOUNS[facts.kind];
  return { reason: `is ${is}`, remedy: `Send ${NOUNS[wanted]}` };
}
