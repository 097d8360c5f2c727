import type { ChildProcess } from 'node:child_process';
import { pipeline, type Readable } from 'node:stream';

/** Writes the stream to the standard input of a program. Destroys the stream when the program ends or closes its standard input. */
export function feedProgram(stream: Readable, child: ChildProcess): void {
  // The callback receives the error of a program that exited early, but the program's exit is more informative.
  pipeline(stream, child.stdin!, () => {});
}
