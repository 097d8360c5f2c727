import { didYouMean } from '../../../contract/faults/near-name.ts';
import type { OptionRequest, TranscodeRequest } from '../../../contract/transcode-request.ts';
import { filterTarget } from '../options/graph-options.ts';
import { takesValue } from '../options/option-names.ts';
import { formatOf } from './command-output.ts';
import { placeholderName, replacePlaceholders, urlForFilter } from './placeholders.ts';
import { type CommandToken, tokenise } from './tokens.ts';

/** A command string in the form that command services use. Untrusted: its parts may have other types than declared here. */
export interface CommandRequest {
  ffmpeg_command: string;
  /** Maps the name of a placeholder to a URL. */
  input_files: Record<string, string>;
  /** Maps the name of a placeholder to the name of a file. */
  output_files: Record<string, string>;
}

export interface CommandError {
  /** JSON pointer into the request, such as `/ffmpeg_command` or `/input_files/in_1`. */
  position: string;
  /** Characters from the start of the text at `position`; 0 = the entire text. */
  offset: number;
  message: string;
  suggestion: string;
}

/** Position of an option in a command, in characters from the start of the command. */
export interface OptionPosition {
  option: number;
  /** Offset of each character of the argument after quotes and placeholders are resolved, and of its end; empty = no argument. */
  argument: readonly number[];
}

export type CommandResult =
  | {
      ok: true;
      request: TranscodeRequest;
      /** Positions by the field of `request`, such as `options[1]` or `inputs[0].options[0]`. */
      positions: Record<string, OptionPosition>;
      /** Name of the output's placeholder, and name of its file. */
      output: { name: string; file: string };
    }
  | { ok: false; errors: CommandError[] };

const MAX_INPUTS = 10;

/** Turns a command string into the equivalent request. `checkOptions` checks the policy later. Never throws. */
export function readCommand(command: CommandRequest): CommandResult {
  const text: unknown = command?.ffmpeg_command;
  if (typeof text !== 'string' || text.trim() === '') {
    const message = 'ffmpeg_command must be a string.';
    return { ok: false, errors: [at('/ffmpeg_command', 0, message, 'Send -i {{in_1}} … {{out_1}}.')] };
  }
  const read = tokenise(text);
  if (!read.ok) return { ok: false, errors: read.errors.map((error) => ({ position: '/ffmpeg_command', ...error })) };
  const files = { inputs: asRecord(command.input_files), outputs: asRecord(command.output_files) };
  const reader = new CommandReader(read.tokens, files);
  return reader.read(text.length);
}

interface Files {
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
}

/** An option whose placeholders are not replaced yet. */
interface Pending {
  name: CommandToken;
  value: CommandToken | null;
}

interface Written {
  request: OptionRequest;
  position: OptionPosition;
}

class CommandReader {
  readonly #tokens: readonly CommandToken[];
  readonly #files: Files;
  readonly #errors: CommandError[] = [];
  readonly #inputs: { name: string; url: string; options: Pending[] }[] = [];
  readonly #named = new Set<string>();
  #output: { name: string; options: Pending[] } | null = null;
  #pending: Pending[] = [];
  #at = 0;

  constructor(tokens: readonly CommandToken[], files: Files) {
    const isProgram = /^(?:\.?\/(?:[\w.-]+\/)*)?ffmpeg(?:\.exe)?$/i.test(tokens[0]?.text ?? '');
    this.#tokens = isProgram ? tokens.slice(1) : tokens;
    this.#files = files;
  }

  read(length: number): CommandResult {
    while (this.#at < this.#tokens.length) this.#readNext();
    const trailing = this.#output ? this.#pending[0] : undefined;
    if (trailing) {
      this.#fail(trailing.name.offset, 'Options after the output have no effect.', 'Move them before {{out_1}}.');
    }
    if (this.#inputs.length === 0) this.#fail(0, 'The command has no input.', 'Write -i {{in_1}} for each input file.');
    if (!this.#output) this.#fail(length, 'The command has no output.', 'End it with {{out_1}}.');
    const inputOptions = this.#inputs.map((input) => this.#written(input.options));
    const options = this.#written(this.#output?.options ?? []);
    this.#checkUse();
    const format = formatOf(this.#output ? this.#files.outputs[this.#output.name] : 'output.mp4');
    if (!format.ok) this.#failAt(`/output_files/${this.#output?.name}`, 0, format.message, format.suggestion);
    if (this.#errors.length > 0 || !format.ok || !this.#output) return { ok: false, errors: this.#errors };
    return {
      ok: true,
      request: {
        inputs: this.#inputs.map(({ url }, index) => {
          const own = inputOptions[index]!;
          return own.length > 0 ? { url, options: own.map(({ request }) => request) } : { url };
        }),
        outputFormat: format.format,
        ...(options.length > 0 && { options: options.map(({ request }) => request) }),
      },
      positions: positionsOf([...inputOptions.map((own, index) => [`inputs[${index}].`, own] as const), ['', options]]),
      output: { name: this.#output.name, file: String(this.#files.outputs[this.#output.name]) },
    };
  }

  #readNext(): void {
    const token = this.#tokens[this.#at++]!;
    if (token.text === '-i') this.#readInput(token);
    else if (/^[-@](?!$)/.test(token.text) || isDash(token.text)) this.#readOption(token);
    else this.#readOutput(token);
  }

  #readInput(flag: CommandToken): void {
    const token = this.#tokens[this.#at++];
    if (!token) {
      this.#fail(flag.offset, '-i names no input.', 'Write -i {{in_1}}.');
      return;
    }
    const options = this.#pending;
    this.#pending = [];
    const name = placeholderName(token.text);
    if (name === null) {
      const isSource = options.some((option) => option.name.text === '-f' && option.value?.text === 'lavfi');
      const advice = isSource
        ? 'Use a source filter such as color or sine within -filter_complex.'
        : 'Put its URL into input_files, and write -i {{in_1}}.';
      this.#fail(token.offset, 'An input must be a placeholder.', advice);
      return;
    }
    // A rejected URL still counts as an input, so that one fault is reported only once.
    const url = this.#inputUrl(name, token.offset) ?? '';
    if (this.#inputs.length >= MAX_INPUTS) {
      this.#fail(token.offset, `More than ${MAX_INPUTS} inputs.`, 'Use fewer.');
      return;
    }
    this.#named.add(name);
    this.#inputs.push({ name, url, options });
  }

  #readOption(token: CommandToken): void {
    const next = this.#tokens[this.#at];
    const wanted = takesValue(token.text);
    const isFree = next !== undefined && !/^-[A-Za-z]/.test(next.text) && placeholderName(next.text) === null;
    // An unknown option is rejected later. This code only needs to know whether it has a value.
    const value = next && (wanted === null ? isFree : wanted) ? next : null;
    if (value) this.#at++;
    this.#pending.push({ name: token, value });
  }

  #readOutput(token: CommandToken): void {
    const name = placeholderName(token.text);
    const { inputs, outputs } = this.#files;
    if (name === null) {
      const advice = 'Write an input as -i {{in_1}}, the output as {{out_1}}, and a value right after its option.';
      this.#fail(token.offset, 'This is neither an option nor a placeholder.', advice);
    } else if (Object.hasOwn(outputs, name)) {
      if (this.#output) {
        const advice = 'Send a command for each output, or combine them into one with a graph.';
        this.#fail(token.offset, 'The command has several outputs; a command can have only one for now.', advice);
        return;
      }
      this.#output = { name, options: this.#pending };
      this.#pending = [];
    } else if (Object.hasOwn(inputs, name)) {
      this.#fail(token.offset, `${name} is an input.`, `Write -i {{${name}}}.`);
    } else this.#unknown(name, token.offset, Object.keys(outputs), 'output_files');
  }

  /**
   * Returns the options of the request. Placeholders within filters become the input or the URL. Placeholders at other positions are
   * rejected.
   */
  #written(options: readonly Pending[]): Written[] {
    return options.map(({ name: { text: option, offset: start }, value }) => {
      if (!value) return { request: { option }, position: { option: start, argument: [] } };
      const takesFiles = filterTarget(option) !== null || option.startsWith('@');
      const { text, positions } = replacePlaceholders(value, (name, offset) => {
        if (!takesFiles) {
          this.#fail(
            offset,
            'A placeholder is not allowed here.',
            'Use it after -i, within a filter, or as the output.',
          );
          return null;
        }
        const input = this.#inputs.findIndex((one) => one.name === name);
        if (input >= 0 && !option.startsWith('@')) return `input:${input}`;
        const url = this.#inputUrl(name, offset);
        this.#named.add(name);
        return url === null || option.startsWith('@') ? url : urlForFilter(url);
      });
      return { request: { option, argument: text }, position: { option: start, argument: positions } };
    });
  }

  #inputUrl(name: string, offset: number): string | null {
    const { inputs, outputs } = this.#files;
    if (!Object.hasOwn(inputs, name)) {
      if (Object.hasOwn(outputs, name)) this.#fail(offset, `${name} is an output.`, 'Name a file of input_files.');
      else this.#unknown(name, offset, Object.keys(inputs), 'input_files');
      return null;
    }
    const url = inputs[name];
    if (typeof url === 'string' && /^(?:https?|gs):\/\/\S+$/i.test(url)) return url;
    this.#failAt(`/input_files/${name}`, 0, 'This is not a URL that can be fetched.', 'Use an https:// or gs:// URL.');
    return null;
  }

  #checkUse(): void {
    for (const name of Object.keys(this.#files.inputs).slice(0, 100)) {
      if (this.#named.has(name)) continue;
      this.#failAt(
        pointer('input_files', name),
        0,
        'The command does not use this input.',
        'Leave it out, or write it after -i.',
      );
    }
    for (const name of Object.keys(this.#files.outputs).slice(0, 100)) {
      if (!this.#output || this.#output.name === name) continue;
      this.#failAt(
        pointer('output_files', name),
        0,
        'The command does not write this output.',
        'Leave it out: a command can have only one output for now.',
      );
    }
  }

  #unknown(name: string, offset: number, known: string[], list: string): void {
    const all = known.slice(0, 10).map((one) => `{{${one}}}`);
    const names = all.length > 0 ? ` Known names: ${all.join(', ')}.` : '';
    this.#fail(offset, `${list} has no ${name}.`, `Add it to ${list}.${didYouMean(name, known)}${names}`);
  }

  #fail(offset: number, message: string, suggestion: string): void {
    this.#failAt('/ffmpeg_command', offset, message, suggestion);
  }

  #failAt(position: string, offset: number, message: string, suggestion: string): void {
    if (this.#errors.length < 50) this.#errors.push(at(position, offset, message, suggestion));
  }
}

function positionsOf(lists: readonly (readonly [prefix: string, options: readonly Written[]])[]) {
  return Object.fromEntries(
    lists.flatMap(([prefix, options]) =>
      options.map(({ position }, index) => [`${prefix}options[${index}]`, position]),
    ),
  );
}

function at(position: string, offset: number, message: string, suggestion: string): CommandError {
  return { position, offset, message, suggestion };
}

/**
 * Whether a text begins with a dash that word processors substitute for a hyphen. It is read as an option, so that the policy can name the
 * fault.
 */
function isDash(text: string): boolean {
  return /^[‐‑‒–—―−－]\S/.test(text);
}

function pointer(list: string, name: string): string {
  return `/${list}/${name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
