import type { FailureCode } from '../../contract/failures.ts';
import { filterFailure } from './filter-failure.ts';

/** How FFmpeg or ffprobe ended, as the sandbox reports it. */
export interface ProgramEnd {
  end: string;
  exitCode: number | null;
  signal: string | null;
  stderr: string;
  /** In the stage `probe`, the input causes every failure other than a violation, a limit or a kill. Default: `encode`. */
  stage?: 'probe' | 'encode';
}

export interface Explanation {
  code: FailureCode;
  /** One sentence, at most 300 characters, without paths or URLs. */
  message: string;
}

const MAX_MESSAGE = 300;
/**
 * Maximum characters of a line that are read. An input can put long texts into FFmpeg's messages, and some patterns take a time that grows
 * with the square of the line's length.
 */
const MAX_LINE = 2000;

/** Airlock stopped the program, or the system killed it. The input is not the cause. */
const KILLED: Explanation = {
  code: 'internal',
  message: 'FFmpeg was killed before it finished, for example because the server ran out of memory.',
};

const BY_END: Readonly<Record<string, Explanation>> = {
  canceled: KILLED,
  limit_wall: { code: 'limit_time', message: 'The job took longer than it may.' },
  limit_cpu: { code: 'limit_cpu', message: 'The job used more processor time than it may.' },
  limit_memory: { code: 'limit_memory', message: 'The job needed more memory than it may use.' },
  limit_output: { code: 'limit_output', message: 'The output became larger than its limit.' },
  limit_processes: { code: 'limit_processes', message: 'The job started more threads than it may.' },
  violation: {
    code: 'sandbox_violation',
    message: 'The sandbox stopped FFmpeg because it attempted something that no transcode does.',
  },
};

interface Pattern {
  pattern: RegExp;
  code: FailureCode;
  say?: string;
}

/**
 * Messages about limits that a program reaches during another operation. They explain more than the failure of that operation, so they are
 * matched first.
 */
const LIMITS: readonly Pattern[] = [
  {
    pattern: /Cannot allocate memory|std::bad_alloc|malloc of size \d+ failed/i,
    code: 'limit_memory',
    say: 'The job needed more memory than it may use.',
  },
  {
    pattern: /No space left on device|File too large/i,
    code: 'limit_output',
    say: 'The output became larger than its limit.',
  },
  {
    pattern: /Resource temporarily unavailable.*thread|pthread_create/i,
    code: 'limit_processes',
    say: 'The job started more threads than it may.',
  },
];

/** FFmpeg's messages and their failure codes. The first match counts, so the more precise messages come first. */
const PATTERNS: readonly Pattern[] = [
  {
    pattern: /not on whitelist/i,
    code: 'invalid_media',
    say: 'The input refers to other files or formats, which is not allowed.',
  },
  {
    pattern: /moov atom not found/i,
    code: 'invalid_media',
    say: 'The input is cut off or damaged: its index (the moov atom) is missing.',
  },
  {
    pattern: /EBML header parsing failed/i,
    code: 'invalid_media',
    say: 'The input is damaged: its header cannot be read.',
  },
  {
    pattern: /Could not find tag for codec (\w+) in stream .*codec not currently supported in container/i,
    code: 'unsupported_codec',
  },
  { pattern: /Only \w+(?: or \w+)* video and \w+(?: or \w+)* audio.*are supported for/i, code: 'unsupported_codec' },
  {
    pattern:
      /codec .* (?:is )?not (?:currently )?supported (?:in|by)|Unsupported (?:audio )?codec|incompatible with output codec id/i,
    code: 'unsupported_codec',
  },
  {
    pattern: /Decoding requested, but no decoder found|Unknown decoder|no decoder found for|Decoder .*not found/i,
    code: 'unsupported_codec',
  },
  { pattern: /matches no streams/i, code: 'encode_failed' },
  {
    pattern:
      /Unrecognized option|Option not found|Error (?:setting|applying|parsing)|invalid (?:preset|tune|profile)|Undefined constant|Unable to parse|not divisible by 2|Invalid (?:encoder|channel layout|sample)|Specified (?:sample|pixel)|is not supported by the|Error while opening encoder|maybe incorrect parameters/i,
    code: 'encode_failed',
  },
  {
    pattern: /Error opening input.*Invalid data|Invalid data found when processing input/i,
    code: 'invalid_media',
    say: 'The input is damaged or does not match its type: FFmpeg found invalid data in it.',
  },
  {
    pattern: /Could not find codec parameters|partial file|Truncated|End of file/i,
    code: 'invalid_media',
    say: 'The input is cut off or damaged: its streams cannot be read.',
  },
  // FFmpeg also prints this message after other failures, so it comes last.
  {
    pattern: /Output file is empty|nothing was encoded|does not contain any stream|received no packets/i,
    code: 'empty_media',
    say: 'Nothing was left to encode. Check the trim options against the duration of the input.',
  },
];

/** Explains why a run failed, with a prepared sentence or with FFmpeg's own words. Never shows a path, a URL or a tag of the file. */
export function explainFailure(run: ProgramEnd): Explanation {
  const ended = BY_END[run.end];
  if (ended) return ended;
  if (run.exitCode === 159 || run.signal === 'SIGSYS') return BY_END.violation!;
  if (run.exitCode === 153 || run.signal === 'SIGXFSZ') return BY_END.limit_output!;
  if (run.exitCode === 152 || run.signal === 'SIGXCPU') return BY_END.limit_cpu!;

  const raw = run.stderr
    .slice(-65_536)
    .split(/\r?\n|\r/)
    .map((line) => line.slice(0, MAX_LINE));
  const lines = raw.map(cleanLine).filter((line) => line !== '' && !NOISE.test(line));
  const fallback: FailureCode = run.stage === 'probe' ? 'invalid_media' : 'encode_failed';
  const limit = match(lines, LIMITS);
  if (limit) return { code: limit.code, message: limit.say ?? sentence(limit.line) };
  if (run.exitCode === 137 || run.signal === 'SIGKILL') return KILLED;
  const filter = run.stage === 'probe' ? null : filterFailure(raw);
  if (filter) {
    const words = filter.say ?? `${filter.filter ? `Filter ${filter.filter}: ` : ''}${cleanLine(filter.line)}`;
    return { code: filter.code, message: sentence(words) };
  }
  const known = match(lines, PATTERNS);
  if (known) {
    const { code, say, line } = known;
    // During a probe, the input causes every failure that reaches this line.
    return {
      code: run.stage === 'probe' && code === 'encode_failed' ? 'invalid_media' : code,
      message: say ?? sentence(line),
    };
  }
  if (run.exitCode === 139 || run.signal === 'SIGSEGV' || run.signal === 'SIGABRT' || run.end === 'crash') {
    return { code: fallback, message: 'FFmpeg crashed on this input.' };
  }
  const telling =
    lines.find((line) => /error|fail|invalid|unsupported|cannot|could not|unable/i.test(line)) ?? lines.at(-1);
  if (telling) return { code: fallback, message: sentence(telling) };
  return {
    code: fallback,
    message: run.stage === 'probe' ? 'The input could not be read.' : 'FFmpeg failed without giving a reason.',
  };
}

function match(lines: readonly string[], patterns: readonly Pattern[]): (Pattern & { line: string }) | null {
  for (const pattern of patterns) {
    const line = lines.find((text) => pattern.pattern.test(text));
    if (line) return { ...pattern, line };
  }
  return null;
}

/** Matches lines that do not explain the failure. */
const NOISE =
  /^(Conversion failed!?|Svt\[|x26[45] \[info\]|Fontconfig|deprecated pixel format|Last message repeated|Task finished with error|Terminating thread)/i;

function cleanLine(line: string): string {
  return line
    .replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ' ')
    .replace(/^(\s*\[[^\]]{1,80}\]\s*)+/, '')
    .replace(/[a-z][a-z0-9+.-]{1,20}:\/\/\S+/gi, 'a URL')
    .replace(/\/in\/(\d{1,2})\b/g, (_, index: string) => `input ${Number(index) + 1}`)
    .replace(/(?:file:)?\/out(?:\/[\w.%-]+)*/g, 'the output')
    .replace(/(?:file:)?(?<![\w.])\/(?:[\w.%@+-]+\/)*[\w.%@+-]+/g, 'a file')
    .replace(/0x[0-9a-f]{6,}/gi, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function sentence(line: string): string {
  const text = line.length > MAX_MESSAGE - 1 ? `${line.slice(0, MAX_MESSAGE - 2).trimEnd()}…` : line;
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
