import type { PlannedRequest } from '../blueprint.ts';

type Option = NonNullable<PlannedRequest['options']>[number];

/** An MP4 from these sources, made by a graph with one open output. Keeps the sound of the first source with sound. */
export function filtered(urls: readonly string[], graph: readonly string[]): PlannedRequest {
  return {
    inputs: urls.map((url) => ({ url })),
    outputFormat: 'mp4',
    preset: { quality: 'high' },
    filters: graph.map((filter) => ({ filter })),
  };
}

/** Options of an MP4 made by a graph with these open outputs. CRF 18, because platforms compress the video again. */
export function encoded(labels: readonly string[], more: readonly Option[] = []): Option[] {
  return [
    ...labels.map((label) => ({ option: '-map', argument: label.includes(':') ? label : `[${label}]` })),
    { option: '-crf', argument: 18 },
    { option: '-pix_fmt', argument: 'yuv420p' },
    ...more,
  ];
}
