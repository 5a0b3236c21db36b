/* Tutti's C interface: one model that reads text, pictures, speech, video and clouds of points,
 * and writes text, pictures and speech, in your process, on the CPU.
 *
 *   tutti_model *model;
 *   if (tutti_model_load("tutti-nano.safetensors", NULL, &model) != TUTTI_OK)
 *     fail(tutti_model_error(model));
 *   tutti_session *session = tutti_session_new(model);
 *   tutti_add_encoded_picture(session, png, png_size);
 *   tutti_text answer = {.struct_size = sizeof answer};
 *   if (tutti_write(session, NULL, &answer) != TUTTI_OK) fail(tutti_session_error(session));
 *   puts(answer.text);
 *   tutti_session_free(session);
 *   tutti_model_free(model);
 *
 * Threads: a model may be shared by any number of threads, a session is used by one at a time.
 * Calls on sessions of one model run one after another, each on all threads of the model.
 *
 * Memory: what a call gives out belongs to the session and is valid until the next call with that
 * session (for encoded bytes: the next call that encodes). Inputs are copied; they may be freed as
 * soon as the call returns.
 *
 * Growth: functions are only ever added. A struct begins with its size, which you set to sizeof;
 * fields are only ever appended, and in options 0 means the default, so that programs compiled with
 * an older header keep running. Options that are NULL are all defaults. A program that is newer
 * than the library gets TUTTI_USAGE where it sets a field that the library does not know.
 *
 * Errors: a status, and a sentence with the next step from tutti_..._error(). Nothing here prints,
 * exits or throws.
 */
#ifndef TUTTI_TUTTI_H
#define TUTTI_TUTTI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows with every addition to this header. */
#define TUTTI_API_VERSION 5

typedef enum tutti_status {
  TUTTI_OK = 0,
  TUTTI_FAILED = 1,   /* the machine: memory, disk, a defect */
  TUTTI_USAGE = 2,    /* an argument that makes no sense */
  TUTTI_BAD_INPUT = 3 /* a file, an upload or a prompt that cannot be used */
} tutti_status;

typedef struct tutti_model tutti_model;
typedef struct tutti_session tutti_session;

uint32_t tutti_api_version(void); /* TUTTI_API_VERSION of the library itself */
const char* tutti_version(void);  /* "0.1.0" */

/* ---- models ---- */

typedef enum tutti_precision {
  TUTTI_AS_STORED = 0,
  TUTTI_F32 = 1,
  TUTTI_BF16 = 2,
  TUTTI_INT8 = 3
} tutti_precision;

typedef struct tutti_model_options {
  size_t struct_size;
  int32_t threads;     /* 0: all cores */
  int32_t precision;   /* a tutti_precision: what products are computed in */
  const char* adapter; /* one of the file's low-rank adapters, which all answers have; NULL: none */
} tutti_model_options;

/* *model is set even on failure, so that tutti_model_error() says why; it is NULL only where there
 * was no memory for that. Free it in any case. */
tutti_status tutti_model_load(const char* path, const tutti_model_options* options,
                              tutti_model** model);
void tutti_model_free(
    tutti_model* model); /* sessions that are left keep what they need; NULL: ok */
const char* tutti_model_error(const tutti_model* model); /* why loading failed; "" if it did not */

/* Callbacks (on_text, on_audio) run within the call that they belong to. They may use any session
 * of another model, and none of the same model, which is busy with that call: a call of theirs then
 * fails with TUTTI_USAGE, and one that they leave to another thread and wait for never ends. */

/* ---- sessions: a prompt, its answer, the last error ---- */

tutti_session* tutti_session_new(const tutti_model* model); /* NULL: out of memory, or not loaded */
void tutti_session_free(tutti_session* session);
const char* tutti_session_error(
    const tutti_session* session); /* of the last call; "" if it was ok */

/* ---- the prompt: parts in the order the model reads them ---- */

void tutti_clear(tutti_session* session); /* begin a new prompt */

/* A byte-order mark in front and one line end behind are no part of the text. */
tutti_status tutti_add_text(tutti_session* session, const char* utf8);

/* 8-bit samples, row by row, without padding; channels: 1 grey, 3 RGB, 4 RGBA. Of any size; the
 * model sees it fitted to 128 x 128. */
tutti_status tutti_add_picture(tutti_session* session, const uint8_t* pixels, int32_t width,
                               int32_t height, int32_t channels);
/* Mono samples in [-1, 1], 16000 a second. */
tutti_status tutti_add_sound(tutti_session* session, const float* samples, size_t count);
/* Frames one after another, each as in tutti_add_picture; 16 of them are chosen evenly. */
tutti_status tutti_add_clip(tutti_session* session, const uint8_t* pixels, int32_t frames,
                            int32_t width, int32_t height, int32_t channels);
/* A cloud: x, y, z of each point, with z up. At least two different points, 2097152 at most,
 * coordinates up to 1e30; neither their order nor the scale of the cloud matters. For models with
 * the modality "points". */
tutti_status tutti_add_points(tutti_session* session, const float* xyz, size_t count);
/* Rows of numbers for the modality of that name in the model file, one row after another, and three
 * numbers for each row that say where it lies in front of the reader: time from when the rows
 * begin, from 0 on, in units of 40 ms; y, downwards, and x, in eighths of a picture that fills the
 * view. TUTTI_BAD_INPUT where the modality reads rows of another size, or another number of them,
 * TUTTI_USAGE where the model has no such modality. */
tutti_status tutti_add_rows(tutti_session* session, const char* modality, const float* values,
                            size_t rows, size_t values_per_row, const float* places);

/* Files in memory: JPEG, PNG, WebP, BMP, GIF; WAV, MP3, FLAC, Ogg, M4A; MP4, Matroska, AVI, which
 * FFmpeg decodes; clouds and meshes as PLY, OBJ, OFF, PCD, which our own parsers read. All in this
 * process; for files of strangers prefer the server, whose decoders are isolated. */
tutti_status tutti_add_encoded_picture(tutti_session* session, const void* bytes, size_t size);
tutti_status tutti_add_encoded_sound(tutti_session* session, const void* bytes, size_t size);
tutti_status tutti_add_encoded_video(tutti_session* session, const void* bytes, size_t size);
tutti_status tutti_add_encoded_points(tutti_session* session, const void* bytes, size_t size);

/* ---- answers; the prompt stays, so that one prompt can be answered several times ---- */

typedef enum tutti_task {
  TUTTI_AUTOMATIC =
      0, /* a transcript of sound alone, an answer where there is text, else a caption */
  TUTTI_NAME = 1,
  TUTTI_CAPTION = 2,
  TUTTI_ANSWER = 3,
  TUTTI_TRANSCRIBE = 4
} tutti_task;

typedef struct tutti_text_options {
  size_t struct_size;
  int32_t task;       /* a tutti_task */
  int32_t max_tokens; /* 0: 64 */
  float temperature;  /* 0: always the likeliest */
  int32_t top_k;      /* 0: all */
  float top_p;        /* 0: 1, all */
  uint64_t seed;
  const char* language; /* of names and captions, a tag such as "de" or "zh-CN"; NULL: "en" */
  /* Called with whole characters as they come, on the calling thread; not 0 stops. It must not use
   * this session. */
  int (*on_text)(void* user, const char* utf8, size_t size);
  void* user;
} tutti_text_options;

typedef struct tutti_text {
  size_t struct_size;
  const char* text; /* UTF-8, with a 0 behind it */
  size_t size;
  int32_t prompt_tokens; /* 0 in a transcript of sound alone, which needs no tokens */
  int32_t tokens;
  double seconds_to_first_token;
  double seconds;
} tutti_text;

/* Where the results do not matter, text, picture and sound may be NULL here and below. */
tutti_status tutti_write(tutti_session* session, const tutti_text_options* options,
                         tutti_text* text);

typedef struct tutti_paint_options {
  size_t struct_size;
  int32_t steps;        /* 0: as the model was made for */
  float guidance_scale; /* 0: as the model was made for; 1: none */
  uint64_t seed;
} tutti_paint_options;

typedef struct tutti_picture {
  size_t struct_size;
  const uint8_t* pixels; /* as in tutti_add_picture */
  int32_t width, height, channels;
} tutti_picture;

/* 64 x 64 RGB, from a prompt of text or sound. */
tutti_status tutti_paint(tutti_session* session, const tutti_paint_options* options,
                         tutti_picture* picture);
/* 1 channel, in the size of the one picture in the prompt: how much of each pixel is a person. */
tutti_status tutti_matte(tutti_session* session, tutti_picture* matte);

typedef struct tutti_speak_options {
  size_t struct_size;
  int32_t steps; /* both as in tutti_paint_options */
  float guidance_scale;
  float speed; /* 0: 1; 2 speaks twice as fast; 0.25 to 4 */
  uint64_t seed;
  /* Called with samples in order, as soon as they exist; not 0 stops. As on_text. */
  int (*on_audio)(void* user, const float* samples, size_t count);
  void* user;
} tutti_speak_options;

typedef struct tutti_sound {
  size_t struct_size;
  const float* samples; /* mono, in [-1, 1] */
  size_t count;
  int32_t sample_rate;
  double seconds_to_first_audio;
  double seconds;
} tutti_sound;

/* The text of the prompt, which must be nothing but text. Letters of scripts that the voice cannot
 * say are TUTTI_BAD_INPUT, with the script's name in the message. */
tutti_status tutti_speak(tutti_session* session, const tutti_speak_options* options,
                         tutti_sound* sound);

/* A unit vector for the one part of the prompt; all modalities share its space. */
tutti_status tutti_embed(tutti_session* session, const float** values, size_t* count);

/* How likely each of `count` answers to the prompt is, in their order: the natural logarithm of the
 * probability of the whole answer, its end included. An empty prompt scores them as free text. Of
 * the options, task and language count. */
tutti_status tutti_score(tutti_session* session, const char* const* answers, size_t count,
                         const tutti_text_options* options, const double** scores);

/* ---- speech as it comes ---- */

/* A transcript while somebody speaks: samples in, in pieces of any size, and text out as soon as
 * nothing that follows can change it: within 0.96 s while somebody speaks, 1.1 s after the last
 * sound before a long pause, and at the end. Together the pieces of text are what tutti_write()
 * says of the whole sound. Memory does not grow with what was heard.
 *
 *   tutti_stream *stream = tutti_stream_new(model);
 *   while (more samples)
 *     if (tutti_stream_push(stream, samples, count, &utf8, &size) == TUTTI_OK) show(utf8, size);
 *   tutti_stream_finish(stream, &utf8, &size);
 *
 * A stream is used by one thread at a time, as a session is; its calls take turns with those of
 * other streams and sessions of its model. */
typedef struct tutti_stream tutti_stream;

tutti_stream* tutti_stream_new(const tutti_model* model); /* NULL: out of memory, or not loaded */
void tutti_stream_free(tutti_stream* stream);
const char* tutti_stream_error(const tutti_stream* stream); /* of the last call; "" if it was ok */

/* `samples` as in tutti_add_sound. *utf8: the text that they make certain, whole characters with a
 * 0 behind them, valid until the next call with this stream; *size 0 where there is none. After
 * TUTTI_BAD_INPUT (samples that are no numbers or far beyond [-1, 1]) the stream is as it was; text
 * that was certain before another error comes with the next call. */
tutti_status tutti_stream_push(tutti_stream* stream, const float* samples, size_t count,
                               const char** utf8, size_t* size);
/* The sound ends here: the rest of the text. A push after it is TUTTI_USAGE. */
tutti_status tutti_stream_finish(tutti_stream* stream, const char** utf8, size_t* size);

/* ---- encoding, for results that go to a file ---- */

/* format: "png", "jpg", "webp", "bmp"; "wav", "flac", "mp3", "ogg", "m4a". */
tutti_status tutti_encode_picture(tutti_session* session, const tutti_picture* picture,
                                  const char* format, const void** bytes, size_t* size);
tutti_status tutti_encode_sound(tutti_session* session, const tutti_sound* sound,
                                const char* format, const void** bytes, size_t* size);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TUTTI_TUTTI_H */
