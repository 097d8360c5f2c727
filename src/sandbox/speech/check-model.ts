import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Properties from the header of a model. */
export interface ModelFacts {
  sizeBytes: number;
  tensors: number;
  isMultilingual: boolean;
}

export type CheckedModel = { ok: true; facts: ModelFacts } | { ok: false; reason: string };

/** `ggml` as a little-endian number. */
const MAGIC = 0x67676d6c;
/** Number of values in the header, in the order of `whisper_hparams` in whisper.cpp. */
const HEADER = 11;
/** Length of whisper's audio window, 30 seconds in steps of 20 ms, and maximum number of tokens of a decode. */
const AUDIO_CONTEXT = 1500;
const TEXT_CONTEXT = 448;
/** Maximum number of states and layers, which are those of `large`. */
const MAX_STATE = 1280;
const MAX_LAYERS = 32;
/** Number of frequencies of an FFT of 400 samples. */
const FFT_BINS = 201;
const VOCABULARIES: readonly number[] = [51_864, 51_865, 51_866];
const LEAST_TOKENS = 50_256;
const MAX_TOKEN_BYTES = 256;
const MAX_NAME = 128;
const MAX_DIMENSIONS = 4;
const MAX_DIMENSION = 1_000_000;
/** Number of values and bytes of a block, for each type of ggml that whisper.cpp reads: F32, F16, Q4 to Q8, and the k-quants. */
const BLOCKS: Readonly<Record<number, readonly [values: number, bytes: number]>> = {
  ...{ 0: [1, 4], 1: [1, 2], 2: [32, 18], 3: [32, 20], 6: [32, 22], 7: [32, 24], 8: [32, 34] },
  ...{ 10: [256, 84], 11: [256, 110], 12: [256, 144], 13: [256, 176], 14: [256, 210] },
};
const TENSOR_NAME = /^(?:en|de)coder\.[a-z0-9_.]+$/;
/** Returns the number of tensors of a model: outside the layers, and in the layers of the encoder and of the decoder. */
const tensorsOf = (encoder: number, decoder: number) => 11 + 15 * encoder + 24 * decoder;

/** The reason why a model is rejected. Used only inside this file. */
class Rejected extends Error {}

/**
 * Checks every record of a ggml file of whisper without reading the weights, in memory-safe code, because whisper.cpp trusts the declared
 * sizes. The length of an accepted file matches its records. `reason` completes a sentence that begins with "The model".
 */
export function checkModel(path: string): CheckedModel {
  const file = openSync(path, 'r');
  try {
    return { ok: true, facts: readModel(new Reader(file)) };
  } catch (error) {
    if (error instanceof Rejected) return { ok: false, reason: error.message };
    throw error;
  } finally {
    closeSync(file);
  }
}

function readModel(reader: Reader): ModelFacts {
  if (reader.int() !== MAGIC) throw new Rejected('is not a ggml model of whisper: download a file named ggml-….bin');
  const header = Array.from({ length: HEADER }, () => reader.int());
  const [vocabulary, audioContext, audioState, audioHeads, audioLayers] = header as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [textContext, textState, textHeads, textLayers, mels] = header.slice(5) as typeof header &
    [number, number, number, number, number];
  need(VOCABULARIES.includes(vocabulary), `has a vocabulary of ${vocabulary} tokens, which no whisper model has`);
  need(
    audioContext === AUDIO_CONTEXT && textContext === TEXT_CONTEXT,
    'has a context length that no whisper model has',
  );
  need(isBetween(audioState, 1, MAX_STATE) && audioState === textState, 'has an unsupported width');
  need(
    isBetween(audioLayers, 1, MAX_LAYERS) && isBetween(textLayers, 1, MAX_LAYERS),
    'has an unsupported number of layers',
  );
  need(
    audioHeads > 0 && textHeads > 0 && audioState % audioHeads === 0 && textState % textHeads === 0,
    'has an unsupported number of attention heads',
  );
  need(mels === 80 || mels === 128, `has ${mels} mel bands`);
  need(reader.int() === mels && reader.int() === FFT_BINS, 'has an unsupported filter bank');
  reader.skip(mels * FFT_BINS * 4);
  readVocabulary(reader, vocabulary);
  let tensors = 0;
  for (; !reader.isAtEnd(); tensors += 1) readTensor(reader);
  need(
    tensors === tensorsOf(audioLayers, textLayers),
    `has ${tensors} tensors instead of ${tensorsOf(audioLayers, textLayers)}`,
  );
  return { sizeBytes: reader.size, tensors, isMultilingual: vocabulary > VOCABULARIES[0]! };
}

function readVocabulary(reader: Reader, vocabulary: number): void {
  const count = reader.int();
  need(isBetween(count, LEAST_TOKENS, vocabulary), `lists ${count} tokens`);
  for (let token = 0; token < count; token += 1) {
    const length = reader.int();
    need(isBetween(length, 0, MAX_TOKEN_BYTES), `has a token of ${length} bytes`);
    reader.skip(length);
  }
}

function readTensor(reader: Reader): void {
  const [dimensions, nameLength, type] = [reader.int(), reader.int(), reader.int()];
  need(
    isBetween(dimensions, 1, MAX_DIMENSIONS),
    `has a tensor with ${dimensions} dimensions, and at most ${MAX_DIMENSIONS} are allowed`,
  );
  need(isBetween(nameLength, 1, MAX_NAME), 'has a tensor whose name is too long');
  const block = BLOCKS[type];
  if (!block) throw new Rejected(`has a tensor of the unknown type ${type}`);
  const sizes = Array.from({ length: dimensions }, () => reader.int());
  need(
    sizes.every((size) => isBetween(size, 1, MAX_DIMENSION)),
    'has a tensor of an unsupported size',
  );
  need(sizes[0]! % block[0] === 0, 'has a tensor with an incomplete block');
  need(TENSOR_NAME.test(reader.bytes(nameLength).toString('latin1')), 'has a tensor with an invalid name');
  reader.skip((sizes.reduce((product, size) => product * size, 1) / block[0]) * block[1]);
}

function need(isValid: boolean, reason: string): void {
  if (!isValid) throw new Rejected(reason);
}

function isBetween(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

const WINDOW_BYTES = 2 ** 20;

/** Reads a file from its start, in windows, so that skipped weights are not read. */
class Reader {
  readonly size: number;
  readonly #file: number;
  readonly #window = Buffer.alloc(WINDOW_BYTES);
  /** The part of the file that the window contains. */
  #from = 0;
  #end = 0;
  #at = 0;

  constructor(file: number) {
    this.#file = file;
    this.size = fstatSync(file).size;
  }

  isAtEnd(): boolean {
    return this.#at === this.size;
  }

  int(): number {
    return this.bytes(4).readInt32LE(0);
  }

  /** Returns the next bytes, which are valid until the next call. Throws if the file ends before them. */
  bytes(count: number): Buffer {
    this.#require(count);
    if (this.#at < this.#from || this.#at + count > this.#end) {
      this.#from = this.#at;
      this.#end = this.#at + readSync(this.#file, this.#window, 0, WINDOW_BYTES, this.#at);
      if (this.#at + count > this.#end) throw new Rejected('could not be read');
    }
    const start = this.#at - this.#from;
    this.#at += count;
    return this.#window.subarray(start, start + count);
  }

  skip(count: number): void {
    this.#require(count);
    this.#at += count;
  }

  #require(count: number): void {
    if (this.#at + count > this.size)
      throw new Rejected(`is truncated: it has ${this.size} bytes, and its records need more`);
  }
}
