import { closeSync, openSync, writeSync } from 'node:fs';

/*
 * Writes a model in whisper's format with made-up weights. Its decoder follows a script, so it recognizes the same sentence in any audio.
 * It tests everything from media to captions except the recognition. A model with the shape of a real model needs the same time and memory
 * as the real model, because most weights are zero but all are read and multiplied.
 */

/** The sentence that the model recognizes, with a space between its tokens. */
export const MODEL_SENTENCE = 'this is the airlock test model , it does not listen .';

/** Sizes of a model. A model must have more states than its script has tokens. */
export interface ModelShape {
  states: number;
  heads: number;
  /** Number of layers of the encoder. */
  audioLayers: number;
  /** Number of layers of the decoder. */
  textLayers: number;
}

/** The shape of a model of 8.3 MB. whisper.cpp distinguishes the kinds of models by the number of layers of the encoder. */
const MICRO: ModelShape = { states: 64, heads: 1, audioLayers: 4, textLayers: 1 };
/** The shapes of two published models: 78 MB and 148 MB. */
export const TINY: ModelShape = { states: 384, heads: 6, audioLayers: 4, textLayers: 4 };
export const BASE: ModelShape = { states: 512, heads: 8, audioLayers: 6, textLayers: 6 };
const MELS = 80;
const VOCABULARY = 51_865;
const AUDIO_CONTEXT = 1500;
const TEXT_CONTEXT = 448;
/** Number of tokens in the vocabulary of the file. The other tokens are special. */
const LISTED = 50_257;
const [END_OF_TEXT, ENGLISH, TIMES] = [50_257, 50_259, 50_364];
const MAGIC = 0x67676d6c;

interface Target {
  write(bytes: Buffer): void;
  shape: ModelShape;
}

const ints = (...values: number[]) => Buffer.from(new Int32Array(values).buffer);
const floats = (values: Float32Array) => Buffer.from(values.buffer);

/** Returns a number as 16 bits (IEEE 754 binary16). Supports only the normal range. */
function half(value: number): number {
  const bits = new Uint32Array(new Float32Array([value]).buffer)[0]!;
  const exponent = ((bits >>> 23) & 255) - 112;
  return exponent <= 0 ? 0 : ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

export function writeWhisperModel(path: string, shape = MICRO, sentence = MODEL_SENTENCE): void {
  const file = openSync(path, 'w');
  const target: Target = { write: (bytes) => void writeSync(file, bytes), shape };
  const { states, heads, audioLayers, textLayers } = shape;
  const words = ` ${sentence}`.split(/(?= )/);
  try {
    target.write(ints(MAGIC, VOCABULARY, AUDIO_CONTEXT, states, heads, audioLayers));
    target.write(ints(TEXT_CONTEXT, states, heads, textLayers, MELS, 1));
    target.write(ints(MELS, 201));
    target.write(floats(new Float32Array(MELS * 201).fill(0.01)));
    writeVocabulary(target, words);
    writeEncoder(target);
    writeDecoder(target, words);
  } finally {
    closeSync(file);
  }
}

function writeVocabulary({ write }: Target, words: readonly string[]): void {
  const bytes = Buffer.alloc(4 + LISTED * 12 + words.join('').length);
  let end = bytes.writeInt32LE(LISTED);
  for (let token = 0; token < LISTED; token += 1) {
    // whisper.cpp looks for these three tokens when it suppresses texts that are not speech.
    const known = { 50254: ' ', 50255: ' -', 50256: " '" }[token];
    const text = words[token] ?? known ?? `~${token}`;
    end = bytes.writeInt32LE(text.length, end);
    end += bytes.write(text, end, 'latin1');
  }
  write(bytes.subarray(0, end));
}

/** Writes a tensor. Type 0 has values of 32 bits, and type 1 has values of 16 bits. */
function tensor({ write }: Target, name: string, type: 0 | 1, sizes: readonly number[], values?: Buffer): void {
  const text = Buffer.from(name);
  write(Buffer.concat([ints(sizes.length, text.length, type, ...sizes), text]));
  write(values ?? Buffer.alloc(sizes.reduce((product, size) => product * size, 1) * (type === 1 ? 2 : 4)));
}

function writeNorm(target: Target, name: string): void {
  const { states } = target.shape;
  tensor(target, `${name}.weight`, 0, [states], floats(new Float32Array(states).fill(1)));
  tensor(target, `${name}.bias`, 0, [states]);
}

/** Writes an attention block without weights, so that the layer passes on its input. */
function writeAttention(target: Target, name: string): void {
  const { states } = target.shape;
  tensor(target, `${name}.query.weight`, 1, [states, states]);
  tensor(target, `${name}.query.bias`, 0, [states]);
  tensor(target, `${name}.key.weight`, 1, [states, states]);
  for (const part of ['value', 'out']) {
    tensor(target, `${name}.${part}.weight`, 1, [states, states]);
    tensor(target, `${name}.${part}.bias`, 0, [states]);
  }
}

function writeMlp(target: Target, name: string): void {
  const { states } = target.shape;
  writeNorm(target, `${name}.mlp_ln`);
  tensor(target, `${name}.mlp.0.weight`, 1, [states, 4 * states]);
  tensor(target, `${name}.mlp.0.bias`, 0, [4 * states]);
  tensor(target, `${name}.mlp.2.weight`, 1, [4 * states, states]);
  tensor(target, `${name}.mlp.2.bias`, 0, [states]);
}

function writeEncoder(target: Target): void {
  const { states, audioLayers } = target.shape;
  tensor(target, 'encoder.positional_embedding', 0, [states, AUDIO_CONTEXT]);
  tensor(target, 'encoder.conv1.weight', 1, [3, MELS, states]);
  tensor(target, 'encoder.conv1.bias', 0, [1, states]);
  tensor(target, 'encoder.conv2.weight', 1, [3, states, states]);
  tensor(target, 'encoder.conv2.bias', 0, [1, states]);
  writeNorm(target, 'encoder.ln_post');
  for (let layer = 0; layer < audioLayers; layer += 1) {
    const name = `encoder.blocks.${layer}`;
    writeNorm(target, `${name}.attn_ln`);
    writeAttention(target, `${name}.attn`);
    writeMlp(target, name);
  }
}

/** Writes the decoder. At position 2 + n it outputs token n of the script, because the position and the token have matching directions. */
function writeDecoder(target: Target, words: readonly string[]): void {
  const { states, textLayers } = target.shape;
  const end = TIMES + Math.max(50, words.length * 15);
  const script = [TIMES, ...words.map((_, index) => index), end, END_OF_TEXT];
  const positions = new Float32Array(states * TEXT_CONTEXT);
  const tokens = new Uint16Array(states * VOCABULARY);
  for (const [index, token] of script.entries()) {
    positions[(2 + index) * states + index] = 100;
    tokens[token * states + index] = half(3);
  }
  for (let at = 2 + script.length; at < TEXT_CONTEXT; at += 1) positions[at * states + script.length - 1] = 100;
  // The first position detects the language.
  positions[script.length] = 100;
  tokens[ENGLISH * states + script.length] = half(3);
  tensor(target, 'decoder.positional_embedding', 0, [states, TEXT_CONTEXT], floats(positions));
  tensor(target, 'decoder.token_embedding.weight', 1, [states, VOCABULARY], Buffer.from(tokens.buffer));
  writeNorm(target, 'decoder.ln');
  for (let layer = 0; layer < textLayers; layer += 1) {
    const name = `decoder.blocks.${layer}`;
    writeNorm(target, `${name}.attn_ln`);
    writeAttention(target, `${name}.attn`);
    writeNorm(target, `${name}.cross_attn_ln`);
    writeAttention(target, `${name}.cross_attn`);
    writeMlp(target, name);
  }
}
