import { signal } from '@preact/signals';
import type { ConfirmResult } from '../../../src/contract/uploads.ts';
import { messageOf } from '../api/problem.ts';
import { upload } from '../api/upload.ts';

/** A source of the job that the person is creating. */
export interface Input {
  id: number;
  name: string;
  state: 'sending' | 'checking' | 'ready' | 'failed';
  /** Size in bytes; null for a URL. */
  size: number | null;
  sent: number;
  /** URL of the input for the request; null until the file is uploaded. */
  url: string | null;
  facts: ConfirmResult['metadata'] | null;
  error: string | null;
  file: File | null;
}

/** The sources of the job on the page "New job". They stay when the person visits other pages. */
export const inputs = signal<readonly Input[]>([]);

const sendings = new Map<number, AbortController>();
let count = 0;

export function addFile(file: File): void {
  const id = ++count;
  const empty = { url: null, facts: null, error: null };
  inputs.value = [...inputs.value, { id, name: file.name, state: 'sending', size: file.size, sent: 0, file, ...empty }];
  void send(id, file);
}

export function addUrl(url: string): void {
  const name = url.split(/[?#]/, 1)[0]!.split('/').at(-1) || url;
  const none = { size: null, sent: 0, facts: null, error: null, file: null };
  inputs.value = [...inputs.value, { id: ++count, name, state: 'ready', url, ...none }];
}

export function removeInput(id: number): void {
  sendings.get(id)?.abort();
  inputs.value = inputs.value.filter((input) => input.id !== id);
}

export function clearInputs(): void {
  for (const { id } of inputs.value) removeInput(id);
}

/** Sends a file again after its upload failed. If the file is sent in parts, sends only the missing parts. */
export function resume(id: number): void {
  const file = inputs.value.find((input) => input.id === id)?.file;
  if (!file) return;
  change(id, { state: 'sending', error: null });
  void send(id, file);
}

async function send(id: number, file: File): Promise<void> {
  const sending = new AbortController();
  sendings.set(id, sending);
  try {
    const onProgress = (sent: number) => change(id, { sent, state: sent >= file.size ? 'checking' : 'sending' });
    const result = await upload({ file, signal: sending.signal, onProgress });
    change(id, { state: 'ready', sent: file.size, url: result.fileUrl, facts: result.metadata });
  } catch (error) {
    if (!sending.signal.aborted) change(id, { state: 'failed', error: messageOf(error) });
  } finally {
    sendings.delete(id);
  }
}

function change(id: number, changes: Partial<Input>): void {
  inputs.value = inputs.value.map((input) => (input.id === id ? { ...input, ...changes } : input));
}
