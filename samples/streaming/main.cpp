// SPDX-License-Identifier: Apache-2.0
//
// Feeds a signal to a small LSTM chunk by chunk. The model keeps its state from run to run: it is
// reset, saved in the middle of the stream and restored in another object, which goes on exactly as
// the first one did.
#include "expected.h"
#include "stream_saved_model.h"
#include "stream_torchscript.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace {

using Chunk = std::array<float, 8 * 4>;
using Output = std::array<float, 8 * 2>;
using Outputs = std::array<Output, expected::chunks>;

Chunk chunkOf(int number) {
  Chunk chunk;
  for (size_t i = 0; i < chunk.size(); ++i)
    chunk[i] = expected::signal[static_cast<size_t>(number) * chunk.size() + i] / 64;
  return chunk;
}

/// Chunks from..end of the signal; false where a run fails.
template <class Model> bool stream(Model &model, Outputs &outputs, int from, int end) {
  for (int i = from; i < end; ++i)
    if (const burin::Status status = model.run(chunkOf(i), outputs[static_cast<size_t>(i)]);
        status != burin::Status::ok) {
      std::printf("%s: chunk %d: %s\n", Model::name, i, to_string(status));
      return false;
    }
  return true;
}

/// Bit for bit, from a chunk on.
bool areSame(const Outputs &a, const Outputs &b, size_t from) {
  return std::memcmp(&a[from], &b[from], (a.size() - from) * sizeof(Output)) == 0;
}

bool report(const char *what, bool good) {
  std::printf("  %-52s %s\n", what, good ? "yes" : "NO");
  return good;
}

template <class Model> bool check() {
  constexpr int middle = 5, end = expected::chunks;
  static burin::Owned<Model> model, other;
  std::printf("%s (%s): state of %zu bytes\n", Model::name, Model::model_format, Model::state_size);

  static Outputs first, again, after;
  if (!stream(model, first, 0, middle))
    return false;
  const typename Model::State saved = model.state(); // a plain value: a file would do as well
  if (!stream(model, first, middle, end))
    return false;
  double error = 0;
  for (size_t i = 0; i < sizeof expected::outputs / sizeof(float); ++i)
    error = std::fmax(error, std::fabs(double{first[i / 16][i % 16]} - expected::outputs[i]));
  bool good = report("as PyTorch, which kept its state as well", error < 1e-6);

  other.restore(saved);
  good = stream(other, after, middle, end) && good;
  good =
      report("restored in another object it goes on identically", areSame(first, after, middle)) &&
      good;

  good = stream(model, again, 0, end) && good;
  good = report("without a reset the next stream differs", !areSame(first, again, 0)) && good;
  model.reset();
  good = stream(model, again, 0, end) && good;
  return report("after a reset it is the same again", areSame(first, again, 0)) && good;
}

} // namespace

int main() {
  bool good = check<stream_torchscript::Model>();
  good = check<stream_saved_model::Model>() && good;
  std::printf(good ? "all as expected\n" : "FAILED\n");
  return good ? 0 : 1;
}
