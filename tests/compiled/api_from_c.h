/* SPDX-License-Identifier: Apache-2.0

   The generated C API, called by C. Each function returns "", or what is wrong. */
#ifndef BURIN_TESTS_API_FROM_C_H
#define BURIN_TESTS_API_FROM_C_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

const char *runApiFromC(const float *left, const float *right, float *scores, int64_t *best);
const char *misuseApiFromC(void);
/* `count` runs of filter_state, with saving, restoring and a reset between them. */
const char *runStateFromC(const float *x, const float *expected, int count);

#ifdef __cplusplus
}
#endif

#endif
