import type { TranscodeRequest } from '../../src/contract/transcode-request.ts';
import type { LayerRequest, ParsedRequest } from '../../src/ffmpeg/index.ts';
import { drawLayer, type FontLibrary, openFonts } from '../../src/text-render/index.ts';
import { faultOf, measure } from './bounds.ts';

const MAX_MS = 200;
const ELEMENTS = new Set(['svg', 'g', 'path', 'rect', 'circle', 'use', 'defs', 'symbol', 'image', 'clipPath', 'mask']);
const TAG = /<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y;
let fonts: FontLibrary | null = null;

/** Draws the overlays of a request. A layer may contain only outlines and pictures, and nothing that a reader could follow or run. */
export function layerFaults(parsed: ParsedRequest, _request: TranscodeRequest): string[] {
  fonts ??= openFonts();
  const frame = { width: 640, height: 360 };
  return parsed.video.flatMap((step, index) => {
    const path = `/in/layer-${index}.svg`;
    if (step.type === 'graph') return [];
    const layer: LayerRequest =
      step.type === 'text'
        ? { kind: 'text', path, overlay: step.overlay, frame }
        : step.type === 'captions'
          ? { kind: 'captions', path, captions: step.captions, frame }
          : { kind: 'card', path, card: step.card, frame, hasPhoto: step.photo !== null };
    return drawingFaults(layer);
  });
}

function drawingFaults(layer: LayerRequest): string[] {
  try {
    const { result: svg, ms } = measure(() => drawLayer(layer, fonts!).file.toString('utf8'), MAX_MS);
    const slow = ms > MAX_MS ? [`a layer takes ${Math.round(ms)} ms`] : [];
    return layer.kind === 'captions' ? slow : [...slow, ...svgFaults(svg)];
  } catch (error) {
    return [`a layer throws ${faultOf(error)}`];
  }
}

export function svgFaults(svg: string): string[] {
  const open: string[] = [];
  let at = svg.startsWith('<?xml') ? svg.indexOf('?>') + 2 : 0;
  while (at < svg.length) {
    const space = /\s*/y;
    space.lastIndex = at;
    at += space.exec(svg)![0].length;
    if (at >= svg.length) break;
    TAG.lastIndex = at;
    const tag = TAG.exec(svg);
    if (!tag) return [`no XML at ${at}: ${svg.slice(at, at + 60)}`];
    const [complete, closes, name, attributes, empty] = tag;
    if (!ELEMENTS.has(name!)) return [`an element <${name}>`];
    if (closes) {
      if (open.pop() !== name) return [`</${name}> closes another`];
    } else {
      const fault = attributeFault(attributes!);
      if (fault) return [fault];
      if (!empty) open.push(name!);
    }
    at += complete.length;
  }
  return open.length > 0 ? [`<${open.at(-1)}> stays open`] : [];
}

function attributeFault(text: string): string | null {
  for (const [, name, value] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    const isLink = /href$/.test(name!);
    if (/^on/i.test(name!) || name === 'style') return `an attribute ${name}`;
    if (isLink && !/^(#[\w-]+|data:image\/png;base64,[A-Za-z0-9+/=]*)$/.test(value!))
      return `a link to ${value!.slice(0, 60)}`;
    if (
      !isLink &&
      name !== 'xmlns' &&
      !name!.startsWith('xmlns:') &&
      /:\/\/|url\((?!#)|&(?!amp;|lt;|gt;|quot;|#)/.test(value!)
    )
      return `a value ${name}=${value!.slice(0, 60)}`;
    if (/NaN|undefined|Infinity/.test(value!) && !isLink) return `no number: ${name}=${value!.slice(0, 60)}`;
  }
  return null;
}
