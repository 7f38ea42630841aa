/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/compiled/api_from_c.h"

#include "filter_state_c.h"

#include <string.h>

static _Alignas(FILTER_STATE_ARENA_ALIGN) unsigned char arena[FILTER_STATE_ARENA_SIZE];

static int runs(filter_state_ctx *ctx, const float *x, const float *expected, int from, int to) {
  for (int i = from; i < to; ++i) {
    float y[FILTER_STATE_Y_COUNT];
    if (filter_state_run(ctx, x + i * FILTER_STATE_X_COUNT, y) != FILTER_STATE_OK ||
        memcmp(y, expected + i * FILTER_STATE_Y_COUNT, sizeof y) != 0)
      return 0;
  }
  return 1;
}

const char *runStateFromC(const float *x, const float *expected, int count) {
  filter_state_ctx ctx, other;
  filter_state_state saved;
  if (filter_state_init(&ctx, arena, FILTER_STATE_ARENA_SIZE) != FILTER_STATE_OK ||
      filter_state_init(&other, arena, FILTER_STATE_ARENA_SIZE) != FILTER_STATE_OK)
    return "init refuses a good arena";
  if (sizeof ctx != FILTER_STATE_CONTEXT_SIZE)
    return "the size of the context is wrong";
  if (!runs(&ctx, x, expected, 0, 3))
    return "the first runs differ";
  filter_state_save(&ctx, &saved);
  if (!runs(&ctx, x, expected, 3, count))
    return "the runs after saving differ";
  filter_state_restore(&other, &saved);
  if (!runs(&other, x, expected, 3, count))
    return "the runs of the restored state differ";
  filter_state_reset(&other);
  if (!runs(&other, x, expected, 0, count))
    return "the runs after a reset differ";
  if (filter_state_init(&ctx, arena, FILTER_STATE_ARENA_SIZE - 1) != FILTER_STATE_BAD_ARENA)
    return "init takes an arena that is too small";
  return "";
}
