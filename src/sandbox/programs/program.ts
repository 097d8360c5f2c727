import type { Explanation, ProgramEnd } from '../../ffmpeg/run/failure-text.ts';
import type { ProgressReader, ProgressReport } from '../../ffmpeg/run/progress.ts';
import type { FilterName } from '../seccomp/policies.ts';

/*
 * A program that cells run has an entry in `table.ts`. An entry contains everything that the sandbox knows about a program: where it is on
 * the host, what the image contains for it, what its cells may do, and how its output is read.
 */

/** Folder of an image with the files of programs. Every tier shows the folder under this path. */
export const PROGRAM_FILES = '/program-files';

/** A file that every cell of a program can read, at its path in the image. Plain data, because a thread receives a copy. */
export type SharedFile =
  /** A file of the host. With a hash, the image is built only if the copy has this hash. */
  | { readonly from: string; readonly to: string; readonly sha256?: string }
  /** All files below a folder of the host whose name matches, at the same paths. Subfolders and links are followed. */
  | { readonly folder: string; readonly match: RegExp }
  | { readonly to: string; readonly text: string };

/** What the image contains for a program. Plain data, because the image is built in a thread. */
export interface ImagePart {
  readonly name: string;
  /** `static` if the program needs no libraries. The image is not built if it needs libraries nevertheless. */
  readonly libraries: 'static' | { readonly unused: readonly RegExp[] };
  /**
   * Read-only files that come from the image. They are never inputs, because an input is hard-linked, and its owner and mode change with
   * the cell's account. Files that the program opens through a path in its arguments are below `PROGRAM_FILES`.
   */
  readonly files: readonly SharedFile[];
}

/** Absolute paths of programs on the host, by the name of the program. */
export type ProgramPaths = Readonly<Record<string, string>>;

export interface Program extends ImagePart {
  /** Name in commands, rows and messages. In the cell, the program is `/usr/bin/<name>`. */
  readonly name: string;
  /**
   * Returns the path on the host. Null if the program is not installed and the service can run without it. Throws an error with a remedy if
   * the service cannot.
   * @param configured the path that the operator set
   * @param found the programs before this program in the table
   */
  find(configured: string | undefined, found: ProgramPaths): string | null;
  /**
   * Whether cells contain only the program, its libraries and its files, in tiers that can hide the rest of the image. By default, cells
   * contain the complete image.
   */
  readonly seesOnlyItself?: boolean;
  /** Whether the program's cells contain `/dev/urandom`, the only device that any cell contains. */
  readonly usesRandomDevice?: boolean;
  /** The capabilities of a worker that has the program, for jobs that need them, e.g. `transcription:base-q8_0`. */
  readonly provides?: readonly string[];
  /** The system calls that the program's cells may make. */
  readonly filter: FilterName;
  /**
   * How to query the version: the arguments, and the pattern of the first line of the output. For a program that reports no version: the
   * arguments of a wrong call, and the error and the exit code that it causes. The version is then the version of the package.
   */
  readonly version:
    | { readonly args: readonly string[]; readonly line: RegExp }
    | { readonly args: readonly string[]; readonly usage: RegExp; readonly exitCode: number };
  /** The package of the distribution that contains the program, and the path of the program in this package. */
  readonly debian: { readonly package: string; readonly path: string } | null;
  /** How to find out whether the program reads the value of an option from a file. Null if the program has no confidential options. */
  readonly hiding: { readonly args: readonly string[]; readonly unsupported: string } | null;
  /** Explains why the program failed, in one sentence for the owner of the job. */
  explain(end: ProgramEnd): Explanation;
  /** Reads the progress from the program's standard output. Null if the program reports no progress. */
  readonly progress: ((onReport: (report: ProgressReport) => void) => Pick<ProgressReader, 'feed'>) | null;
}

/** Returns the paths of the image that a program's cells contain, or null if they contain all paths. A folder includes its contents. */
export function seenBy({ name, libraries, files, seesOnlyItself }: Program): readonly string[] | null {
  if (!seesOnlyItself) return null;
  const own = files.map((file) => ('to' in file ? file.to : file.folder));
  return [`/usr/bin/${name}`, ...(libraries === 'static' ? [] : ['/usr/lib', '/usr/lib64']), ...own];
}
