// SPDX-License-Identifier: Apache-2.0
//
// Compiled once for each model, with BENCH_HEADER its header and BENCH_NAMESPACE its namespace.
#include "adapter.h"

#include BENCH_HEADER

namespace {

using Model = BENCH_NAMESPACE::Model;
static_assert(Model::state_size == 0, "the benchmark runs models without state");

template <class View> View view(void *data) {
  static_assert(sizeof(View) == sizeof(void *), "fix every symbol with --dim");
  return View{static_cast<typename View::element_type *>(data)};
}

template <size_t I> void *pointer(const void *const *inputs, void *const *outputs) {
  if constexpr (I < Model::num_inputs)
    return const_cast<void *>(inputs[I]); // a view of const again in run()
  else
    return outputs[I - Model::num_inputs];
}

template <size_t...> struct Indices {};
template <size_t N, size_t... I> struct Count : Count<N - 1, N - 1, I...> {};
template <size_t... I> struct Count<0, I...> { using Type = Indices<I...>; };

/// Of the overloads of run(), the one that takes a view of each input and output.
template <class... Views, size_t... I>
burin::Status callRun(Model &model, burin::Status (Model::*run)(Views...) noexcept,
                      const void *const *inputs, void *const *outputs, Indices<I...>) {
  return (model.*run)(view<Views>(pointer<I>(inputs, outputs))...);
}
template <class First, class... Rest>
burin::Status call(Model &model, burin::Status (Model::*run)(First, Rest...) noexcept,
                   const void *const *inputs, void *const *outputs) {
  return callRun(model, run, inputs, outputs, typename Count<1 + sizeof...(Rest)>::Type{});
}

template <class M>
auto setParallelFor(M &model, const burin::ParallelFor *hook, int)
    -> decltype(model.set_parallel_for(*hook)) {
  if (hook)
    model.set_parallel_for(*hook);
}
template <class M> void setParallelFor(M &, const burin::ParallelFor *, long) {}

template <class M>
auto setObserver(M &model, const burin::Observer *hook, int)
    -> decltype(model.set_observer(*hook)) {
  if (hook)
    model.set_observer(*hook);
}
template <class M> void setObserver(M &, const burin::Observer *, long) {}

uint32_t run(void *arena, const void *const *inputs, void *const *outputs,
             const burin::ParallelFor *parallel, const burin::Observer *observer) {
  Model model{burin::Arena{arena, Model::arena_size}};
  setParallelFor(model, parallel, 0);
  setObserver(model, observer, 0);
  const burin::Status status = call(model, &Model::run, inputs, outputs);
  return status.node() << 8 | status.code();
}

} // namespace

extern "C" __attribute__((visibility("default"))) const BenchModel bench_model;
const BenchModel bench_model = {Model::arena_size,
                                Model::arena_align,
                                Model::weights_size,
                                Model::num_inputs,
                                Model::num_outputs,
                                Model::num_nodes,
                                Model::macs,
                                Model::inputs,
                                Model::outputs,
                                Model::nodes,
                                run};
