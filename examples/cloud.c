/* Names a cloud of points, one "x y z" per line on standard input, with z up.
 *
 *   cc -std=c99 cloud.c $(pkg-config --cflags --libs tutti) -o cloud
 *   ./cloud points-model.safetensors < chair.xyz
 *
 * The model has to read clouds (docs/points.md). Exit code: 0, or 1 with a message. */
#include <stdio.h>

#include "tutti/tutti.h"

enum { MOST = 100000 }; /* points */

static int failed(const char *why) {
  fprintf(stderr, "cloud: %s\n", why);
  return 1;
}

static int name_points(tutti_session *session, FILE *points) {
  static float xyz[3 * MOST];
  tutti_text_options options = {.struct_size = sizeof options, .task = TUTTI_NAME};
  tutti_text name = {.struct_size = sizeof name};
  size_t count = 0;
  while (count < 3 * MOST && fscanf(points, "%f", &xyz[count]) == 1) ++count;
  if (tutti_add_points(session, xyz, count / 3) != TUTTI_OK ||
      tutti_write(session, &options, &name) != TUTTI_OK)
    return failed(tutti_session_error(session));
  printf("%s\n", name.text);
  return 0;
}

int main(int count, char **arguments) {
  tutti_model *model = NULL;
  tutti_session *session;
  int code;
  if (count != 2) return failed("say: cloud MODEL < points, one \"x y z\" per line");
  if (tutti_model_load(arguments[1], NULL, &model) != TUTTI_OK) {
    code = failed(tutti_model_error(model));
    tutti_model_free(model);
    return code;
  }
  session = tutti_session_new(model);
  code = session ? name_points(session, stdin) : failed("there is too little memory");
  tutti_session_free(session);
  tutti_model_free(model);
  return code;
}
