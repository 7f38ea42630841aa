// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers of every element type: what they are, how they convert, how integers compute.
#ifndef BURIN_RT_NUMERIC_H
#define BURIN_RT_NUMERIC_H

#include "cast.h"
#include "integer_math.h"

#endif
