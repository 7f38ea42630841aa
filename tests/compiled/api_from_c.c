/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/compiled/api_from_c.h"

#include "api_c.h"

#include <string.h>

static _Alignas(API_ARENA_ALIGN) unsigned char arena[API_ARENA_SIZE + 1];
static const int left_shape[] = API_LEFT_SHAPE, best_shape[] = API_BEST_SHAPE;

const char *runApiFromC(const float *left, const float *right, float *scores, int64_t *best) {
  api_ctx ctx;
  if (left_shape[0] * left_shape[1] != API_LEFT_COUNT || best_shape[0] != API_BEST_COUNT)
    return "a shape and a count disagree";
  if (sizeof ctx != API_CONTEXT_SIZE)
    return "the size of the context is wrong";
  if (api_init(&ctx, arena, API_ARENA_SIZE) != API_OK)
    return "init refuses a good arena";
  if (api_run(&ctx, left, right, scores, best) != API_OK)
    return "the run fails";
  return api_failed_node(&ctx);
}

const char *misuseApiFromC(void) {
  static float left[API_LEFT_COUNT], right[API_RIGHT_COUNT], scores[API_SCORES_COUNT];
  static int64_t best[API_BEST_COUNT];
  api_ctx ctx;
  if (api_init(&ctx, arena, API_ARENA_SIZE - 1) != API_BAD_ARENA)
    return "init takes an arena that is too small";
  if (api_init(&ctx, arena + 1, API_ARENA_SIZE) != API_BAD_ARENA)
    return "init takes an arena that is not aligned";
  if (api_run(&ctx, left, right, scores, best) != API_BAD_ARENA)
    return "a run takes an arena that is not aligned";
  if (strcmp(api_status_text(API_BAD_ARENA), "the arena is too small or not aligned") != 0)
    return "the text of a status is another";
  return api_failed_node(&ctx);
}
