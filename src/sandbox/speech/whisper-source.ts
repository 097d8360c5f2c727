/**
 * Source of the program that a cell runs. The program reads 16 kHz mono samples and a model, and writes the words as lines of JSON. It
 * starts no process, opens only the three files of its arguments, and, unlike `whisper-cli`, searches for no plug-ins. It writes bytes
 * beyond ASCII as `\u00XX`, because a token may end in the middle of a character.
 * Usage: whisper MODEL AUDIO RESULT THREADS LANGUAGE|auto transcribe|translate. It writes progress to standard output, as FFmpeg does:
 * `out_time_us` of the audio.
 */
export const WHISPER_SOURCE = String.raw`
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "whisper.h"
enum { RATE = 16000, MAX_SAMPLES = 16000 * 1200, BAD_USAGE = 64, BAD_AUDIO = 65, BAD_MODEL = 66, FAILED = 70, NO_MEMORY = 71 };
static int64_t samples;
static void only_errors(enum ggml_log_level level, const char *text, void *user) {
  (void)user;
  if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
}
static void on_progress(struct whisper_context *context, struct whisper_state *state, int percent, void *user) {
  (void)context, (void)state, (void)user;
  printf("out_time_us=%" PRId64 "\nprogress=continue\n", samples * 1000000 / RATE * percent / 100);
  fflush(stdout);
}
static void write_text(FILE *file, const char *text) {
  fputc('"', file);
  for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
    if (*at == '"' || *at == '\\') fprintf(file, "\\%c", *at);
    else if (*at < 32 || *at > 126) fprintf(file, "\\u%04x", *at);
    else fputc(*at, file);
  }
  fputc('"', file);
}
static float *read_audio(const char *path) {
  FILE *file = fopen(path, "rb");
  float *audio = malloc(sizeof(float) * (MAX_SAMPLES + 8192));
  int16_t part[8192];
  size_t count;
  if (!file || !audio) exit(file ? NO_MEMORY : BAD_AUDIO);
  while ((count = fread(part, 2, 8192, file)) > 0) {
    if (samples + (int64_t)count > MAX_SAMPLES) exit(BAD_AUDIO);
    for (size_t index = 0; index < count; index++) audio[samples++] = part[index] / 32768.0f;
  }
  fclose(file);
  return audio;
}
static void write_segment(FILE *file, struct whisper_context *context, int segment) {
  bool is_first = true;
  fprintf(file, "{\"from\":%" PRId64 ",\"to\":%" PRId64 ",\"tokens\":[", whisper_full_get_segment_t0(context, segment) * 10,
    whisper_full_get_segment_t1(context, segment) * 10);
  for (int token = 0; token < whisper_full_n_tokens(context, segment); token++) {
    whisper_token_data data = whisper_full_get_token_data(context, segment, token);
    if (data.id >= whisper_token_eot(context)) continue;
    fputs(is_first ? "[" : ",[", file);
    is_first = false;
    write_text(file, whisper_full_get_token_text(context, segment, token));
    fprintf(file, ",%" PRId64 ",%" PRId64 ",%.3f]", data.t0 * 10, data.t1 * 10, data.p);
  }
  fputs("]}\n", file);
}
int main(int count, char **args) {
  if (count == 2 && !strcmp(args[1], "--version")) return printf("airlock-whisper %s\n", whisper_version()) < 0;
  if (count != 7) return BAD_USAGE;
  whisper_log_set(only_errors, NULL);
  float *audio = read_audio(args[2]);
  FILE *result = fopen(args[3], "wb");
  if (!result) return FAILED;
  struct whisper_context_params settings = whisper_context_default_params();
  settings.use_gpu = false;
  struct whisper_context *context = whisper_init_from_file_with_params(args[1], settings);
  if (!context) return BAD_MODEL;
  bool knows_all = whisper_is_multilingual(context);
  struct whisper_full_params params = whisper_full_default_params(WHISPER_SAMPLING_GREEDY);
  params.n_threads = atoi(args[4]);
  params.language = knows_all ? args[5] : "en";
  params.translate = knows_all && !strcmp(args[6], "translate");
  params.no_context = true;
  params.token_timestamps = true;
  params.suppress_nst = true;
  params.greedy.best_of = 1;
  params.print_progress = params.print_realtime = params.print_timestamps = params.print_special = false;
  params.progress_callback = on_progress;
  if (whisper_full(context, params, audio, (int)samples)) return FAILED;
  fprintf(result, "{\"language\":\"%s\",\"multilingual\":%s}\n", whisper_lang_str(whisper_full_lang_id(context)),
    knows_all ? "true" : "false");
  for (int segment = 0; segment < whisper_full_n_segments(context); segment++) write_segment(result, context, segment);
  if (fclose(result)) return FAILED;
  fflush(stdout);
  _Exit(0);
}
`;
