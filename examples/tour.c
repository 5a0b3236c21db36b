/* A tour of Tutti's C interface: what is in a picture, a picture of a text, and the text spoken.
 *
 *   cc -std=c99 tour.c $(pkg-config --cflags --libs tutti) -o tour
 *   ./tour tutti-nano.safetensors picture.png sunflower out
 *
 * writes out.png and out.wav. Exit code: 0, or 1 with a message. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/tutti.h"

static int failed(const char *what, const char *why) {
  fprintf(stderr, "tour: %s: %s\n", what, why);
  return 1;
}

/* The whole file, or NULL; to be freed. */
static unsigned char *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  unsigned char *bytes = NULL;
  long length = -1;
  if (file && fseek(file, 0, SEEK_END) == 0) length = ftell(file);
  if (length > 0 && fseek(file, 0, SEEK_SET) == 0) bytes = malloc((size_t)length);
  if (bytes && fread(bytes, 1, (size_t)length, file) != (size_t)length) {
    free(bytes);
    bytes = NULL;
  }
  if (file) fclose(file);
  *size = bytes ? (size_t)length : 0;
  return bytes;
}

static int write_file(const char *stem, const char *ending, const void *bytes, size_t size) {
  char path[1024];
  FILE *file;
  int good;
  if (snprintf(path, sizeof path, "%s.%s", stem, ending) >= (int)sizeof path)
    return failed(stem, "the name is too long");
  file = fopen(path, "wb");
  good = file && fwrite(bytes, 1, size, file) == size;
  if (file && fclose(file) != 0) good = 0;
  if (!good) return failed(path, "cannot be written");
  printf("%s: %lu bytes\n", path, (unsigned long)size);
  return 0;
}

static int print_piece(void *user, const char *utf8, size_t size) {
  (void)user;
  return fwrite(utf8, 1, size, stdout) == size ? 0 : 1; /* not 0 stops */
}

static int count_chunk(void *user, const float *samples, size_t count) {
  (void)samples;
  (void)count;
  ++*(int *)user;
  return 0;
}

static int describe(tutti_session *session, const char *path) {
  tutti_text_options options = {.struct_size = sizeof options};
  size_t size;
  unsigned char *bytes = read_file(path, &size);
  tutti_status status;
  if (!bytes) return failed(path, "cannot be read");
  status = tutti_add_encoded_picture(session, bytes, size);
  free(bytes);
  if (status != TUTTI_OK) return failed(path, tutti_session_error(session));
  printf("%s: ", path);
  options.task = TUTTI_CAPTION;
  options.on_text = print_piece;
  if (tutti_write(session, &options, NULL) != TUTTI_OK)
    return failed("describing", tutti_session_error(session));
  printf("\n");
  return 0;
}

static int draw_and_say(tutti_session *session, const char *text, const char *stem) {
  tutti_picture picture = {.struct_size = sizeof picture};
  tutti_sound sound = {.struct_size = sizeof sound};
  tutti_speak_options options = {.struct_size = sizeof options};
  const void *bytes;
  size_t size;
  int chunks = 0;
  tutti_clear(session);
  if (tutti_add_text(session, text) != TUTTI_OK ||
      tutti_paint(session, NULL, &picture) != TUTTI_OK ||
      tutti_encode_picture(session, &picture, "png", &bytes, &size) != TUTTI_OK)
    return failed("drawing", tutti_session_error(session));
  if (write_file(stem, "png", bytes, size)) return 1;
  options.on_audio = count_chunk;
  options.user = &chunks;
  if (tutti_speak(session, &options, &sound) != TUTTI_OK ||
      tutti_encode_sound(session, &sound, "wav", &bytes, &size) != TUTTI_OK)
    return failed("speaking", tutti_session_error(session));
  printf("spoken in %d chunks, the first after %.0f ms\n", chunks,
         1000 * sound.seconds_to_first_audio);
  return write_file(stem, "wav", bytes, size);
}

int main(int argc, char **argv) {
  tutti_model *model = NULL;
  tutti_session *session;
  int result;
  if (argc != 5) return failed("usage", "tour MODEL PICTURE TEXT OUTPUT-STEM");
  if (tutti_model_load(argv[1], NULL, &model) != TUTTI_OK) {
    result = failed("loading", tutti_model_error(model));
    tutti_model_free(model);
    return result;
  }
  session = tutti_session_new(model);
  result = session ? 0 : failed("session", "out of memory");
  if (!result) result = describe(session, argv[2]);
  if (!result) result = draw_and_say(session, argv[3], argv[4]);
  tutti_session_free(session);
  tutti_model_free(model);
  return result;
}
