// SPDX-License-Identifier: Apache-2.0
//
// What PyTorch writes: zip archives of pickles, printed code and tensors (TorchScript), or of JSON
// and tensors (torch.export).
#include "frontend/exported/import.h"
#include "frontend/torchscript/archive.h"
#include "frontend/torchscript/import.h"
#include "tests/fuzz/readers.h"
#include "tests/reference/reference.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace burin::fuzz {
namespace {
namespace fs = std::filesystem;
constexpr const char *kModel = "model.zip";

Files load(const fs::path &path) {
  const torchscript::Archive archive(frontend::mapFile(path, "fuzz"));
  Files members;
  for (const std::string_view name : archive.names())
    members[std::string(name)] = torchscript::textOf(archive.read(name).span);
  return members;
}

// ---- the archive ----

std::string little(uint64_t x, size_t size) {
  std::string s;
  for (size_t i = 0; i < size; ++i)
    s += static_cast<char>(x >> (8 * i));
  return s;
}

constexpr std::array<uint32_t, 256> kChecksums = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc & 1 ? crc >> 1 ^ 0xedb88320U : crc >> 1;
    table[i] = crc;
  }
  return table;
}();

uint32_t checksumOf(std::string_view s) {
  uint32_t crc = ~0U;
  for (const char c : s)
    crc = kChecksums[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ crc >> 8;
  return ~crc;
}

/// A zip archive of stored members under one folder.
std::string packed(const Files &members) {
  std::string file, directory;
  for (const auto &[name, content] : members) {
    const std::string path = "m/" + name;
    const std::string facts = little(0, 4) + little(0, 4) + little(checksumOf(content), 4) +
                              little(content.size(), 4) + little(content.size(), 4) +
                              little(path.size(), 2) + little(0, 2);
    directory += "PK\1\2" + little(20, 2) + little(20, 2) + facts + little(0, 2 + 2 + 2 + 4) +
                 little(file.size(), 4) + path;
    file += "PK\3\4" + little(20, 2) + facts + path + content;
  }
  const std::string count = little(members.size(), 2);
  return file + directory + "PK\5\6" + little(0, 4) + count + count + little(directory.size(), 4) +
         little(file.size(), 4) + little(0, 2);
}

// ---- code and pickles: a list of pieces, mutated as pieces ----

using Pieces = std::vector<std::string>;

/// Words, runs of blanks, and single characters.
Pieces wordsOf(const std::string &code) {
  const auto kindOf = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' ? 1
           : c == ' '                                                          ? 2
                                                                               : 0;
  };
  Pieces words;
  for (size_t i = 0; i < code.size(); ++i) {
    const int kind = kindOf(code[i]);
    if (i == 0 || kind == 0 || kind != kindOf(code[i - 1]))
      words.emplace_back();
    words.back() += code[i];
  }
  return words;
}

/// Lines with their ends.
Pieces linesOf(const std::string &code) {
  Pieces lines(1);
  for (const char c : code) {
    lines.back() += c;
    if (c == '\n')
      lines.emplace_back();
  }
  return lines;
}

/// The opcodes of a pickle with their arguments.
Pieces opcodesOf(const std::string &pickle) {
  Pieces all;
  for (size_t at = 0; at < pickle.size();) {
    const auto op = static_cast<unsigned char>(pickle[at]);
    const auto sizeAt = [&](size_t bytes) {
      size_t size = 0;
      for (size_t i = 0; i < bytes && at + 1 + i < pickle.size(); ++i)
        size |= size_t{static_cast<unsigned char>(pickle[at + 1 + i])} << (8 * i);
      return bytes + size;
    };
    size_t size = 0;
    switch (op) {
    case 'K':
    case 'q':
    case 'h':
    case 0x80:
      size = 1;
      break;
    case 'M':
      size = 2;
      break;
    case 'J':
    case 'r':
    case 'j':
      size = 4;
      break;
    case 'G':
      size = 8;
      break;
    case 'X':
    case 'B':
    case 0x8b:
      size = sizeAt(4);
      break;
    case 'U':
    case 'C':
    case 0x8a:
      size = sizeAt(1);
      break;
    case 'c': {
      const size_t first = pickle.find('\n', at),
                   second = first == std::string::npos ? first : pickle.find('\n', first + 1);
      size = second == std::string::npos ? 0 : second - at;
      break;
    }
    default:
      break;
    }
    all.push_back(pickle.substr(at, 1 + size));
    at += all.back().size();
  }
  return all;
}

std::string joined(const Pieces &pieces) {
  std::string s;
  for (const std::string &p : pieces)
    s += p;
  return s;
}

bool isNumber(const std::string &s) {
  return !s.empty() && std::ranges::all_of(s, [](char c) { return c >= '0' && c <= '9'; });
}

void mutatePieces(Pieces &pieces, const Pieces &donor, Random &random) {
  for (size_t times = random.below(4) + 1; times > 0 && !pieces.empty(); --times) {
    const size_t at = random.below(pieces.size());
    const auto place = pieces.begin() + static_cast<std::ptrdiff_t>(at);
    std::string &piece = *place;
    switch (random.below(9)) {
    case 0:
      pieces.erase(place);
      break;
    case 1:
      pieces.insert(place, random.of(pieces));
      break;
    case 2:
      std::swap(piece, random.of(pieces));
      break;
    case 3:
      if (!donor.empty())
        piece = random.of(donor);
      break;
    case 4: { // deep, or long
      std::string many;
      for (size_t n = size_t{1} << random.below(13); n > 0 && many.size() < 1 << 16; --n)
        many += piece;
      piece = many;
      break;
    }
    case 5:
      if (isNumber(piece))
        piece = std::to_string(oddNumber(random.below(100), random));
      else
        mutateBytes(piece, random);
      break;
    default:
      piece = random.of(pieces);
    }
  }
}

std::string mutated(const std::string &name, const std::string &content, const std::string &other,
                    Random &random) {
  const bool isCode = name.ends_with(".py") || name.ends_with(".json"),
             isPickle = name.ends_with(".pkl");
  if (!(isCode || isPickle) || random.oneIn(12)) {
    std::string s = content;
    mutateBytes(s, random);
    return s;
  }
  const auto split = isPickle ? opcodesOf : random.oneIn(4) ? linesOf : wordsOf;
  Pieces pieces = split(content);
  mutatePieces(pieces, split(other), random);
  return joined(pieces);
}

Files mutate(const Files &from, const Files &donor, Random &random) {
  Files members = from;
  for (size_t times = random.below(2) + 1; times > 0; --times) {
    auto any = members.begin();
    // Code is where most can happen; tensors where least can.
    for (int tries = 0; tries < 3; ++tries) {
      any = members.begin();
      std::advance(any, random.below(members.size()));
      if (any->first.ends_with(".py") || any->first.ends_with(".pkl") ||
          any->first.ends_with(".json"))
        break;
    }
    if (random.oneIn(30)) {
      members.erase(any);
      if (members.empty())
        break;
      continue;
    }
    const auto ending = [&](const std::string &name) { return name.substr(name.rfind('.') + 1); };
    const auto other = std::ranges::find_if(
        donor, [&](const auto &m) { return ending(m.first) == ending(any->first); });
    any->second = mutated(any->first, any->second,
                          other == donor.end() ? any->second : other->second, random);
  }
  std::string file = packed(members);
  if (random.oneIn(15))
    mutateBytes(file, random);
  return {{kModel, file}};
}

void readTorchScript(const fs::path &path, Random &random) {
  torchscript::ImportOptions options;
  if (random.oneIn(2)) // else those of the example inputs, where there are any
    for (const std::string &name : torchscript::inputNames(path)) {
      static const std::vector<ir::Shape> kShapes = {{2, 3},    {4}, {1, 3, 8, 8},
                                                     {2, 3, 4}, {},  {0, 2}};
      options.inputShapes[name] = random.of(kShapes);
      if (random.oneIn(4))
        options.inputTypes[name] = ir::ElementType::i64;
    }
  options.evaluator = &reference::evaluator();
  const torchscript::Import import = torchscript::importModel(path, options);
  verify(*import.module);
}

void readExported(const fs::path &path, Random &random) {
  exported::ImportOptions options;
  for (const std::string &symbol : exported::inputsOf(path, options).symbols)
    options.dims[symbol] = {1, static_cast<int64_t>(random.below(8)) + 1};
  options.evaluator = &reference::evaluator();
  const exported::Import import = exported::importModel(path, options);
  verify(*import.module);
}

} // namespace

const Reader kTorchScript = {"torchscript", kModel, load, mutate, readTorchScript},
             kExported = {"exported", kModel, load, mutate, readExported};

} // namespace burin::fuzz
