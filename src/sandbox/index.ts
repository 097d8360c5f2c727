export { type FfmpegReport, reportFfmpeg } from './ffmpeg/report.ts';
export { openSandbox } from './open.ts';
export { SandboxError } from './sandbox-error.ts';
export { trimmedStamp } from './trimmed/store.ts';
export type { CellEnd, CellLimits, CellResult, CellSpec, Sandbox, SandboxOptions, SelfTestReport } from './types.ts';
