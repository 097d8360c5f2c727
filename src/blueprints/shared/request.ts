import type { PlannedRequest } from '../blueprint.ts';

type Option = NonNullable<PlannedRequest['options']>[number];

/** Returns a request for an MP4 from these sources, made by a graph with one open output. The MP4 has the default audio of the sources. */
export function filtered(urls: readonly string[], graph: readonly string[]): PlannedRequest {
  return {
    inputs: urls.map((url) => ({ url })),
    outputFormat: 'mp4',
    preset: { quality: 'high' },
    filters: graph.map((filter) => ({ filter })),
  };
}

/** Returns options of an MP4 made by a graph with these open outputs. The CRF is 18, because platforms compress the video again. */
export function encoded(labels: readonly string[], more: readonly Option[] = []): Option[] {
  return [
    ...labels.map((label) => ({ option: '-map', argument: label.includes(':') ? label : `[${label}]` })),
    { option: '-crf', argument: 18 },
    { option: '-pix_fmt', argument: 'yuv420p' },
    ...more,
  ];
}
