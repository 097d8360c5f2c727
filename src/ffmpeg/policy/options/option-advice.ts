/** Alternatives to rejected options, by the option's name. */
const ADVICE: Readonly<Record<string, string>> = {
  i: 'List every input in "inputs".',
  protocol_whitelist: 'The server sets it; leave it out.',
  format_whitelist: 'The server sets it; leave it out.',
  progress: 'Read "progress" of the job instead.',
  report: 'Leave it out; errors are in "error_message".',
  pass: 'Use -crf, or -b:v with -maxrate and -bufsize: one pass achieves the same.',
  passlogfile: 'Use -crf, or -b:v with -maxrate and -bufsize: one pass achieves the same.',
  fs: 'Use -b:v to bound the size.',
  hwaccel: 'Leave it out; the server chooses how to decode.',
  hwaccel_output_format: 'Leave it out; the server chooses how to decode.',
  init_hw_device: 'Leave it out; there is no hardware encoder here.',
  attach: 'Leave it out; files cannot be attached.',
  dump_attachment: 'Leave it out; attachments are never written.',
  filter_script: 'Send the text of the graph itself with -vf, -af or in "filters".',
  filter_complex_script: 'Send the text of the graph itself in "filters".',
  copyts: 'Leave it out; use -ss before the input for exact cuts.',
  vol: 'Use -af with volume=0.5 instead.',
  safe: 'Leave it out; several entries of "inputs" are joined.',
  target: 'Use -c:v, -b:v and -s.',
  noautorotate: 'Use -display_rotation 0 before the input: it keeps the picture as stored.',
  top: 'Use -vf with setfield=tff instead.',
  deinterlace: 'Use -vf with bwdif instead.',
  scodec: 'Subtitle streams are not kept; burn them in with -vf and subtitles=….',
  pre: 'Send the options of that preset instead.',
  vpre: 'Send the options of that preset instead.',
  apre: 'Send the options of that preset instead.',
  fpre: 'Send the options of that preset instead.',
  hls_time: 'HLS is not one of the output formats of this request.',
  x265opts: 'Use -x265-params.',
  svtav1_params: 'Use -svtav1-params.',
  enc_stats_pre: 'Leave it out.',
  vstats: 'Leave it out.',
  sdp_file: 'Leave it out.',
};

/** Alternatives to rejected options before an input. */
const INPUT_ADVICE: Readonly<Record<string, string>> = {
  f: 'Leave it out; the format is detected from the bytes. A test source or a list of files is not an input here: use a source filter such as color in "filters", or several "inputs".',
  c: 'Leave it out; the server chooses the decoder.',
  s: 'Leave it out; FFmpeg uses the size of the file. To scale, use -s or scale in "options".',
  pix_fmt: 'Leave it out; FFmpeg uses the format of the file.',
};

export const GENERAL_ADVICE = 'Leave it out, or use "preset". The documentation lists what is allowed.';

export function adviceFor(name: string): string | null {
  return Object.hasOwn(ADVICE, name) ? ADVICE[name]! : null;
}

export function inputAdvice(name: string): string {
  return Object.hasOwn(INPUT_ADVICE, name) ? INPUT_ADVICE[name]! : 'Move it to "options".';
}
