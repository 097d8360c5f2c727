import { closeSync, openSync, writeSync } from 'node:fs';

/*
 * Writes a model of whisper's format with made-up weights: 8.3 MB, of real shapes, with 64 states. Its decoder follows a script,
 * so that it recognizes the same sentence in any audio. It tests everything from media to captions except the recognition.
 */

/** The sentence that the model recognizes, with the spaces of its tokens. */
export const MODEL_SENTENCE = 'this is the airlock test model , it does not listen .';

const STATES = 64;
const HEADS = 1;
const AUDIO_LAYERS = 4;
const TEXT_LAYERS = 1;
const MELS = 80;
const VOCABULARY = 51_865;
const AUDIO_CONTEXT = 1500;
const TEXT_CONTEXT = 448;
/** Tokens of the vocabulary file; the others are special. */
const LISTED = 50_257;
const [END_OF_TEXT, ENGLISH, TIMES] = [50_257, 50_259, 50_364];
const MAGIC = 0x67676d6c;

type Write = (bytes: Buffer) => void;

const ints = (...values: number[]) => Buffer.from(new Int32Array(values).buffer);
const floats = (values: Float32Array) => Buffer.from(values.buffer);

/** A number as 16 bits (IEEE 754 binary16), of the normal range only. */
function half(value: number): number {
  const bits = new Uint32Array(new Float32Array([value]).buffer)[0]!;
  const exponent = ((bits >>> 23) & 255) - 112;
  return exponent <= 0 ? 0 : ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

export function writeWhisperModel(path: string): void {
  const file = openSync(path, 'w');
  const write: Write = (bytes) => void writeSync(file, bytes);
  const words = ` ${MODEL_SENTENCE}`.split(/(?= )/);
  try {
    write(ints(MAGIC, VOCABULARY, AUDIO_CONTEXT, STATES, HEADS, AUDIO_LAYERS));
    write(ints(TEXT_CONTEXT, STATES, HEADS, TEXT_LAYERS, MELS, 1));
    write(ints(MELS, 201));
    write(floats(new Float32Array(MELS * 201).fill(0.01)));
    writeVocabulary(write, words);
    writeEncoder(write);
    writeDecoder(write, words);
  } finally {
    closeSync(file);
  }
}

function writeVocabulary(write: Write, words: readonly string[]): void {
  const parts = [ints(LISTED)];
  for (let token = 0; token < LISTED; token += 1) {
    // whisper.cpp looks for these three when it suppresses what is not speech.
    const known = { 50254: ' ', 50255: ' -', 50256: " '" }[token];
    const text = Buffer.from(words[token] ?? known ?? `~${token}`);
    parts.push(ints(text.length), text);
  }
  write(Buffer.concat(parts));
}

/** A tensor of a type: 0 for 32 bits, 1 for 16. */
function tensor(write: Write, name: string, type: 0 | 1, sizes: readonly number[], values?: Buffer): void {
  const text = Buffer.from(name);
  write(Buffer.concat([ints(sizes.length, text.length, type, ...sizes), text]));
  write(values ?? Buffer.alloc(sizes.reduce((product, size) => product * size, 1) * (type === 1 ? 2 : 4)));
}

function writeNorm(write: Write, name: string): void {
  tensor(write, `${name}.weight`, 0, [STATES], floats(new Float32Array(STATES).fill(1)));
  tensor(write, `${name}.bias`, 0, [STATES]);
}

/** Without weights, so that the layer passes on what it gets. */
function writeAttention(write: Write, name: string): void {
  tensor(write, `${name}.query.weight`, 1, [STATES, STATES]);
  tensor(write, `${name}.query.bias`, 0, [STATES]);
  tensor(write, `${name}.key.weight`, 1, [STATES, STATES]);
  for (const part of ['value', 'out']) {
    tensor(write, `${name}.${part}.weight`, 1, [STATES, STATES]);
    tensor(write, `${name}.${part}.bias`, 0, [STATES]);
  }
}

function writeMlp(write: Write, name: string): void {
  writeNorm(write, `${name}.mlp_ln`);
  tensor(write, `${name}.mlp.0.weight`, 1, [STATES, 4 * STATES]);
  tensor(write, `${name}.mlp.0.bias`, 0, [4 * STATES]);
  tensor(write, `${name}.mlp.2.weight`, 1, [4 * STATES, STATES]);
  tensor(write, `${name}.mlp.2.bias`, 0, [STATES]);
}

function writeEncoder(write: Write): void {
  tensor(write, 'encoder.positional_embedding', 0, [STATES, AUDIO_CONTEXT]);
  tensor(write, 'encoder.conv1.weight', 1, [3, MELS, STATES]);
  tensor(write, 'encoder.conv1.bias', 0, [1, STATES]);
  tensor(write, 'encoder.conv2.weight', 1, [3, STATES, STATES]);
  tensor(write, 'encoder.conv2.bias', 0, [1, STATES]);
  writeNorm(write, 'encoder.ln_post');
  for (let layer = 0; layer < AUDIO_LAYERS; layer += 1) {
    const name = `encoder.blocks.${layer}`;
    writeNorm(write, `${name}.attn_ln`);
    writeAttention(write, `${name}.attn`);
    writeMlp(write, name);
  }
}

/** At position 2 + n the decoder says token n of the script: the positions and the tokens have matching directions. */
function writeDecoder(write: Write, words: readonly string[]): void {
  const end = TIMES + Math.max(50, words.length * 15);
  const script = [TIMES, ...words.map((_, index) => index), end, END_OF_TEXT];
  const positions = new Float32Array(STATES * TEXT_CONTEXT);
  const tokens = new Uint16Array(STATES * VOCABULARY);
  for (const [index, token] of script.entries()) {
    positions[(2 + index) * STATES + index] = 100;
    tokens[token * STATES + index] = half(3);
  }
  for (let at = 2 + script.length; at < TEXT_CONTEXT; at += 1) positions[at * STATES + script.length - 1] = 100;
  // The first position detects the language.
  positions[script.length] = 100;
  tokens[ENGLISH * STATES + script.length] = half(3);
  tensor(write, 'decoder.positional_embedding', 0, [STATES, TEXT_CONTEXT], floats(positions));
  tensor(write, 'decoder.token_embedding.weight', 1, [STATES, VOCABULARY], Buffer.from(tokens.buffer));
  writeNorm(write, 'decoder.ln');
  for (let layer = 0; layer < TEXT_LAYERS; layer += 1) {
    const name = `decoder.blocks.${layer}`;
    writeNorm(write, `${name}.attn_ln`);
    writeAttention(write, `${name}.attn`);
    writeNorm(write, `${name}.cross_attn_ln`);
    writeAttention(write, `${name}.cross_attn`);
    writeMlp(write, name);
  }
}
