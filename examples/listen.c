/* Writes what is said while it is said: 16-bit mono samples, 16000 a second, from standard input.
 *
 *   cc -std=c99 listen.c $(pkg-config --cflags --libs tutti) -o listen
 *   arecord -q -f S16_LE -r 16000 -c 1 | ./listen tutti-nano.safetensors
 *
 * Exit code: 0 at the end of the sound, or 1 with a message. */
#include <stdint.h>
#include <stdio.h>

#include "tutti/tutti.h"

enum { PIECE = 1600 }; /* samples: a tenth of a second */

static int failed(const char *why) {
  fprintf(stderr, "listen: %s\n", why);
  return 1;
}

static void show(const char *utf8, size_t size) {
  fwrite(utf8, 1, size, stdout);
  fflush(stdout);
}

static int listen_to(tutti_stream *stream, FILE *sound) {
  unsigned char bytes[2 * PIECE];
  float samples[PIECE];
  const char *utf8;
  size_t count, size, i;
  while ((count = fread(bytes, 2, PIECE, sound)) > 0) {
    for (i = 0; i < count; ++i) {
      const int value = bytes[2 * i] | bytes[2 * i + 1] << 8;
      samples[i] = (float)(value < 32768 ? value : value - 65536) / 32768;
    }
    if (tutti_stream_push(stream, samples, count, &utf8, &size) != TUTTI_OK)
      return failed(tutti_stream_error(stream));
    show(utf8, size);
  }
  if (tutti_stream_finish(stream, &utf8, &size) != TUTTI_OK)
    return failed(tutti_stream_error(stream));
  show(utf8, size);
  putchar('\n');
  return 0;
}

int main(int count, char **arguments) {
  tutti_model *model = NULL;
  tutti_stream *stream;
  int code;
  if (count != 2) return failed("say: listen MODEL < 16-bit samples, 16000 a second");
  if (tutti_model_load(arguments[1], NULL, &model) != TUTTI_OK) {
    code = failed(tutti_model_error(model));
    tutti_model_free(model);
    return code;
  }
  stream = tutti_stream_new(model);
  code = stream ? listen_to(stream, stdin) : failed("there is too little memory");
  tutti_stream_free(stream);
  tutti_model_free(model);
  return code;
}
