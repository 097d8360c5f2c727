/*
 * A deliberately broken libavcodec for tests. Loaded with LD_PRELOAD, this library replaces the first function of each decoder that
 * AIRLOCK_TRAP_SPARED doesn't name. The replacement prints "decoder ran: NAME" and returns an error. The environment variable
 * AIRLOCK_TRAP_SPARED has the form ",name,name,".
 *
 * The structures are the ones of libavcodec 61 on 64-bit machines: AVCodec of libavcodec/codec.h, followed by the members of FFCodec of
 * libavcodec/codec_internal.h.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct codec {
  const char *name;
  const char *long_name;
  int type;
  int id;
  int capabilities;
  uint8_t max_lowres;
  const void *lists[6];
  const char *wrapper_name;
  const void *ch_layouts;
};

struct internal_codec {
  struct codec public;
  unsigned flags;
  int private_size;
  void *update_thread[2];
  const void *defaults;
  int (*init)(void *context);
};

extern const struct codec *av_codec_iterate(void **opaque);
extern int av_codec_is_decoder(const struct codec *codec);

/* An AVCodecContext begins with its class and its log level, followed by its media type and its codec. */
struct context {
  const void *class;
  int log_level;
  int type;
  const struct codec *codec;
};

static int trap(void *context) {
  dprintf(STDERR_FILENO, "\ndecoder ran: %s\n", ((struct context *)context)->codec->name);
  return -1;
}

__attribute__((constructor)) static void set_traps(void) {
  const char *spared = getenv("AIRLOCK_TRAP_SPARED");
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  void *position = NULL;
  const struct codec *codec;
  char named[128];
  while ((codec = av_codec_iterate(&position))) {
    snprintf(named, sizeof named, ",%s,", codec->name);
    if (!av_codec_is_decoder(codec) || (spared && strstr(spared, named))) continue;
    struct internal_codec *internal = (struct internal_codec *)codec;
    const uintptr_t start = (uintptr_t)internal & ~(page - 1);
    const uintptr_t end = (uintptr_t)(internal + 1);
    if (mprotect((void *)start, end - start, PROT_READ | PROT_WRITE) != 0) abort();
    internal->init = trap;
  }
}
