// SPDX-License-Identifier: Apache-2.0
//
// Control flow, effects, lists and optionals.
#pragma once

#include "ir/op_def.h"

namespace burin::ir {

std::vector<Type> inferIf(const Op &);
std::vector<Type> inferLoop(const Op &);
std::vector<Type> inferFused(const Op &);
std::vector<Type> inferAssert(const Op &);
std::vector<Type> inferRandom(const Op &);
std::vector<Type> inferListMake(const Op &);
std::vector<Type> inferListLength(const Op &);
std::vector<Type> inferListGet(const Op &);
std::vector<Type> inferListInsert(const Op &);
std::vector<Type> inferListErase(const Op &);
std::vector<Type> inferListConcat(const Op &);
std::vector<Type> inferListSplit(const Op &);
std::vector<Type> inferOptionalSome(const Op &);
std::vector<Type> inferOptionalNone(const Op &);
std::vector<Type> inferOptionalHas(const Op &);
std::vector<Type> inferOptionalGet(const Op &);

namespace ops {
// clang-format off
inline constexpr OpDef
    yield{.name = "yield", .doc = "Ends a block; printed as `return` in a function.", .operands = {{"values", variadic}}, .results = {}, .traits = Trait::terminator},
    if_{.name = "if", .doc = "The values that one of two blocks yields. The condition is bool[].", .operands = {{"condition"}},
        .results = {{"outs", variadic}}, .blocks = {"then", "else"}, .infer = inferIf},
    loop{.name = "loop",
         .doc = "Runs the body while the iteration i is below `count` (i64[]; absent: no limit) and the condition (bool[]; absent: true) holds. body(i: i64[], carried...) "
                "yields (condition: bool[], carried..., scanned...). Results: the last carried values (`carried` of them), then each scanned value of all "
                "iterations along a new axis 0 of extent dims[0], which this op defines where it is a symbol.",
         .operands = {{"count", optional}, {"condition", optional}, {"carried", variadic}}, .attrs = {attr::carried, attr::dims},
         .results = {{"outs", variadic}}, .blocks = {"body"}, .traits = Trait::definesDims, .infer = inferLoop},
    fused{.name = "fused", .doc = "The body, over single elements (rank 0), for every element of the operands broadcast to one shape; a result for each value that it yields.",
          .operands = {{"xs", variadic}}, .attrs = {attr::shape}, .results = {{"outs", variadic}}, .blocks = {"body"}, .infer = inferFused},
    assert_{.name = "assert", .doc = "The run fails with failed_assert unless the condition (bool[]) holds.", .operands = {{"condition"}}, .attrs = {attr::message},
            .results = {}, .traits = Trait::effect, .infer = inferAssert},
    print{.name = "print", .doc = "Shows x to the observer.", .operands = {{"x"}}, .attrs = {attr::message}, .results = {}, .traits = Trait::effect, .infer = inferAssert},
    random{.name = "random", .doc = "A tensor of `type`, the same in each run. distribution: uniform in [low, high), normal of mean `low` and deviation `high`. Element i is made of the words "
                                     "2 i and 2 i + 1 of SplitMix64 of the seed, as shares u, v of 24 bits: low + (high - low) u, or low + high sqrt(-2 log(1 - u)) cos(2 pi v).",
           .attrs = {attr::type, attr::distribution, attr::low, attr::high, attr::seed}, .traits = Trait::random, .infer = inferRandom};

inline constexpr OpDef
    list_make{.name = "list_make", .doc = "The operands as a list; `type` is the list's.", .operands = {{"xs", variadic}}, .attrs = {attr::type}, .infer = inferListMake},
    list_length{.name = "list_length", .doc = "The number of elements, i64[].", .operands = {{"list"}}, .infer = inferListLength},
    list_get{.name = "list_get", .doc = "Element `index` (i64[]); negative ones count from the end.", .operands = {{"list"}, {"index"}}, .infer = inferListGet},
    list_insert{.name = "list_insert", .doc = "The list with x before `index` (absent: at the end).", .operands = {{"list"}, {"x"}, {"index", optional}}, .infer = inferListInsert},
    list_erase{.name = "list_erase", .doc = "The list without element `index` (absent: the last).", .operands = {{"list"}, {"index", optional}}, .infer = inferListErase},
    list_concat{.name = "list_concat", .doc = "All elements one after the other along `axis`, as `shape`.", .operands = {{"list"}}, .attrs = {attr::axis, attr::shape}, .infer = inferListConcat},
    list_split{.name = "list_split", .doc = "x cut along `axis` into a list, `count` long each, the last as long as is left; `type` is the list's.", .operands = {{"x"}},
               .attrs = {attr::axis, attr::count, attr::type}, .infer = inferListSplit},
    optional_some{.name = "optional_some", .doc = "An optional that holds x.", .operands = {{"x"}}, .infer = inferOptionalSome},
    optional_none{.name = "optional_none", .doc = "An optional that holds nothing; `type` is the optional's.", .attrs = {attr::type}, .infer = inferOptionalNone},
    optional_has{.name = "optional_has", .doc = "Whether it holds a value, bool[].", .operands = {{"x"}}, .infer = inferOptionalHas},
    optional_get{.name = "optional_get", .doc = "Its value; the run fails with failed_assert if it holds none.", .operands = {{"x"}}, .infer = inferOptionalGet};

inline constexpr const OpDef *kControlOps[] = {&yield, &if_, &loop, &fused, &assert_, &print, &random, &list_make, &list_length, &list_get, &list_insert,
                                               &list_erase, &list_concat, &list_split, &optional_some, &optional_none, &optional_has, &optional_get};
// clang-format on
} // namespace ops
} // namespace burin::ir
