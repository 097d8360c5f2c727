import { formatKind } from '../../../contract/formats.ts';
import type { MultiOutputRequest, OptionRequest, TranscodeRequest } from '../../../contract/transcode-request.ts';
import type { Rejection } from '../../types.ts';
import { LOSSLESS_AUDIO } from '../encoders/encoder-settings.ts';
import { FORMAT_DEFAULTS } from '../encoders/encoders.ts';
import { RequestBudget } from '../request-budget.ts';
import { dropInapplicable } from './applicability.ts';
import { type AssetList, assetList } from './asset-list.ts';
import { checkStreams, filterTarget, readGraphParts, simpleKind } from './graph-options.ts';
import { oddSpelling } from './option-names.ts';
import { isRejection, type ParsedOption, parseOption, visible } from './options.ts';
import { overlayStep } from './overlay-options.ts';
import type { ParsedRequest } from './parsed-request.ts';
import { checkPicture } from './picture-rules.ts';
import { checkTogether } from './request-checks.ts';

/** Maximum number of options per list. Real command lines have a few dozen options. */
const MAX_OPTIONS = 200;
const MAX_FILTER_ENTRIES = 100;

/** Returns every rejected part of a request with its position. Empty if the request is allowed. */
export function checkOptions(request: TranscodeRequest): Rejection[] {
  return parseRequest(request).rejections;
}

/** Parsed requests. Policy, resource class, preview and plan all parse the same request, and a long graph takes a millisecond. */
const parsedRequests = new WeakMap<TranscodeRequest, ParsedRequest>();

/**
 * Parses a request: options, filters, overlays, and the files that they name. Only a request without rejections may be planned. The same
 * object is parsed only once, so neither the request nor the result may be changed afterwards.
 */
export function parseRequest(request: TranscodeRequest): ParsedRequest {
  const parsed =
    parsedRequests.get(request) ??
    readRequest(request, { prefix: '', assets: assetList(request.inputs), budget: new RequestBudget(), inputs: null });
  parsedRequests.set(request, parsed);
  return parsed;
}

/** Parses several outputs of the same inputs, with one list of assets, one budget, and fields such as `outputs[1].options[0]`. */
export function parseOutputs({ inputs, outputs }: MultiOutputRequest) {
  const shared = { assets: assetList(inputs), budget: new RequestBudget() };
  let parsedInputs: ParsedRequest['inputs'] | null = null;
  return outputs.map(({ name: _, ...output }, index) => {
    const request: TranscodeRequest = { inputs, ...output };
    const parsed = readRequest(request, { ...shared, prefix: `outputs[${index}].`, inputs: parsedInputs });
    parsedInputs = parsed.inputs;
    parsedRequests.set(request, parsed);
    return { request, parsed };
  });
}

function readRequest(
  request: TranscodeRequest,
  shared: Pick<Reading, 'prefix' | 'assets' | 'budget'> & { inputs: ParsedRequest['inputs'] | null },
): ParsedRequest {
  const parsed: ParsedRequest = {
    output: [],
    inputs: [],
    video: [],
    audio: [],
    graph: null,
    subtitles: null,
    assets: [],
    rejections: [],
    warnings: [],
  };
  const { prefix, assets, budget } = shared;
  const reading: Reading = { request, parsed, prefix, assets, budget };
  parsed.assets = assets.assets;
  parsed.inputs =
    shared.inputs ?? request.inputs.map((input, index) => readInput(input.options, `inputs[${index}].`, reading));
  for (const [option, field] of bounded(request.options, prefix, reading)) readOutput(option, field, reading);
  readFilters(reading);
  readBitrate(reading);
  readSubtitles(reading);
  // A partly read graph gives no reliable facts about the rest of the request.
  if (reading.budget.isSpent) return parsed;
  parsed.rejections.push(...checkTogether(parsed, request), ...checkPicture(request, prefix));
  parsed.output = dropInapplicable(parsed.output, request, parsed.warnings);
  warnOfRepeats([parsed.output, ...parsed.inputs], parsed);
  return parsed;
}

/** State of a request while it is parsed. */
interface Reading {
  request: TranscodeRequest;
  parsed: ParsedRequest;
  /** Prefix of the output's fields: empty, or a text such as `outputs[1].`. */
  prefix: string;
  assets: AssetList;
  budget: RequestBudget;
}

/** Yields the options of a list with their positions. Stops with a rejection if the list or the request has too many options. */
function* bounded(
  list: OptionRequest[] | undefined,
  prefix: string,
  { parsed, budget }: Reading,
): Generator<[OptionRequest, string]> {
  for (const [index, option] of (list ?? []).entries()) {
    if (budget.isSpent) return;
    const field = `${prefix}options[${index}]`;
    const reject = (reason: string, suggestion: string) =>
      parsed.rejections.push({ field, option: visible(nameOf(option)), reason, suggestion });
    if (index >= MAX_OPTIONS) {
      reject(`More than ${MAX_OPTIONS} options.`, 'Send fewer.');
      return;
    }
    if (!budget.take('options') || !budget.take('characters', textLength(option?.argument))) {
      reject(`The request ${budget.reason}.`, budget.suggestion);
      return;
    }
    yield [option, field];
  }
}

/** Reads the subtitles of a ladder. A ladder shows all inputs one after the other, so no input may be its subtitles. */
function readSubtitles({ request: { ladder }, parsed, prefix, assets }: Reading): void {
  if (ladder?.subtitles === undefined) return;
  const position = { field: `${prefix}subtitles`, option: '' };
  const index = assets.add('subtitle', ladder.subtitles, position);
  if (typeof index !== 'number') parsed.rejections.push(index);
  else if (assets.assets[index]!.source.type === 'url') parsed.subtitles = index;
  else {
    const reason = 'An input of the job cannot be its subtitles.';
    parsed.rejections.push({ ...position, reason, suggestion: 'Name the https:// or gs:// URL of another file.' });
  }
}

function readInput(list: OptionRequest[] | undefined, prefix: string, reading: Reading): ParsedOption[] {
  const { rejections } = reading.parsed;
  const options: ParsedOption[] = [];
  for (const [option, field] of bounded(list, prefix, reading)) {
    const name = nameOf(option);
    if (name.startsWith('@') || filterTarget(name)) {
      const reason = 'This does not belong to an input.';
      const suggestion = 'Move it to "options"; in "filters", [0:v] names the video of the first input.';
      rejections.push({ field, option: visible(name), reason, suggestion });
      continue;
    }
    const result = parseOption(option, 'input', field);
    if (isRejection(result)) rejections.push(result);
    else options.push(result);
  }
  return options;
}

function readOutput(option: OptionRequest, field: string, reading: Reading): void {
  const { parsed } = reading;
  const name = nameOf(option);
  const odd = oddSpelling(name);
  const filter = odd ? null : filterTarget(name);
  if (filter) readFilterOption(option, field, reading);
  else if (name.startsWith('@')) readOverlay(option, field, reading);
  else {
    const result = parseOption(option, 'output', field);
    if (isRejection(result)) parsed.rejections.push(result);
    else parsed.output.push(result);
  }
}

function readOverlay(option: OptionRequest, field: string, { parsed, assets, budget }: Reading): void {
  const name = nameOf(option);
  if (!budget.take('overlays')) {
    const reason = `The request ${budget.reason}.`;
    parsed.rejections.push({ field, option: visible(name), reason, suggestion: budget.suggestion });
    return;
  }
  const step = overlayStep(name, option.argument, field, assets);
  parsed.rejections.push(...step.rejections);
  parsed.warnings.push(...step.warnings);
  if (step.step) parsed.video.push(step.step);
}

function readFilterOption(option: OptionRequest, field: string, reading: Reading): void {
  const { request, parsed } = reading;
  const name = nameOf(option);
  const { target, stream } = filterTarget(name)!;
  const reject = (reason: string, suggestion: string) =>
    parsed.rejections.push({ field, option: name, reason, suggestion });
  if (stream > 0) {
    reject('The output has one stream of each kind.', 'Leave the index out, or use "filters".');
    return;
  }
  if (target === 'complex' && ((request.filters?.length ?? 0) > 0 || parsed.graph)) {
    reject('The request has two graphs.', 'Put both into "filters"; its entries are joined with ;.');
    return;
  }
  const result = readGraphParts([{ text: option.argument, field }], name, reading);
  if (!result.ok) {
    parsed.rejections.push(...result.rejections);
    return;
  }
  if (target === 'complex') {
    parsed.rejections.push(...checkStreams(result.graph, request.inputs.length));
    parsed.graph = result.graph;
    return;
  }
  const kind = simpleKind(result.graph, target, name);
  if (typeof kind !== 'string') parsed.rejections.push(kind);
  else if (kind === 'v') parsed.video.push({ type: 'graph', ...result.graph });
  else parsed.audio.push(result.graph);
}

function readFilters(reading: Reading): void {
  const { request, parsed, prefix, budget } = reading;
  const entries = request.filters ?? [];
  if (entries.length === 0 || budget.isSpent) return;
  const reject = (field: string, reason: string, suggestion: string) =>
    parsed.rejections.push({ field, option: 'filters', reason, suggestion });
  if (entries.length > MAX_FILTER_ENTRIES) {
    reject(`${prefix}filters[${MAX_FILTER_ENTRIES}]`, `More than ${MAX_FILTER_ENTRIES} entries.`, 'Join some with ;.');
    return;
  }
  const parts = entries.map((entry, index) => ({ text: entry?.filter, field: `${prefix}filters[${index}]` }));
  if (!budget.take('characters', textLength(parts.map(({ text }) => text)))) {
    reject(`${prefix}filters`, `The request ${budget.reason}.`, budget.suggestion);
    return;
  }
  const result = readGraphParts(parts, 'filters', reading);
  if (!result.ok) {
    parsed.rejections.push(...result.rejections);
    return;
  }
  parsed.rejections.push(...checkStreams(result.graph, request.inputs.length));
  parsed.graph = result.graph;
}

/** Reads the bit rate as the option that sets it. If the request has options, an option must set the bit rate. */
function readBitrate({ request, parsed, prefix }: Reading): void {
  const { bitrate, outputFormat } = request;
  if (bitrate === undefined) return;
  const field = `${prefix}bitrate`;
  const reject = (reason: string, suggestion: string) =>
    parsed.rejections.push({ field, option: 'bitrate', reason, suggestion });
  const kind = formatKind(outputFormat);
  const encoder = FORMAT_DEFAULTS[outputFormat][kind === 'video' ? 'video' : 'audio'];
  if (request.options?.length) reject('The options set the bit rate.', 'Move it to the option -b:v or -b:a.');
  else if (kind === 'image' || encoder === null || LOSSLESS_AUDIO.includes(encoder)) {
    reject(`A ${outputFormat} has no bit rate of its own.`, 'Omit bitrate, or choose another output format.');
  } else {
    const result = parseOption({ option: kind === 'video' ? '-b:v' : '-b:a', argument: bitrate }, 'output', field);
    if (isRejection(result)) reject(result.reason.replace(/^-b/, 'bitrate'), result.suggestion);
    else parsed.output.push(result);
  }
}

/** Warns about repeated options, of which FFmpeg uses only the last. */
function warnOfRepeats(lists: readonly ParsedOption[][], parsed: ParsedRequest): void {
  for (const list of lists) {
    const last = new Map<string, ParsedOption>();
    for (const option of list) {
      const key = `${option.name}:${option.specifier}`;
      const before = option.row.repeats || option.row.ignored ? undefined : last.get(key);
      if (before) {
        const message = `-${option.name} is set again at ${option.field}; FFmpeg uses the last one.`;
        parsed.warnings.push({ field: before.field, message });
      }
      last.set(key, option);
    }
  }
}

/**
 * Returns the number of characters of a text, or of all keys and texts in a list or an object. Returns infinity for more than ten levels.
 */
export function textLength(value: unknown, levels = 10): number {
  if (typeof value === 'string') return value.length;
  if (value === null || typeof value !== 'object') return 0;
  if (levels === 0) return Number.POSITIVE_INFINITY;
  return Object.entries(value).reduce((sum, [key, item]) => sum + key.length + textLength(item, levels - 1), 0);
}

function nameOf(option: OptionRequest): string {
  return typeof option?.option === 'string' ? option.option : '';
}
