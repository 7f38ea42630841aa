// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/lookalike.h"
#include "frontend/onnx/model.h"
#include "frontend/onnx/wire.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace burin::onnx {
namespace {

using namespace std::string_view_literals;

struct Magic {
  size_t offset;
  std::string_view bytes, what, hint;
};

constexpr std::string_view kOrt = "save the model as ONNX, not in the format of ONNX Runtime";
constexpr std::string_view kLfs = "fetch it with: git lfs pull";
constexpr std::string_view kPickle =
    "a pickled PyTorch object holds no graph: export the module, or script or trace it first";
constexpr std::string_view kZip = "a TorchScript archive is read as such when its name ends in .pt";
constexpr std::string_view kExport = "convert it to ONNX first";

// clang-format off
constexpr Magic kMagics[] = {
    {0, "PK\x03\x04"sv, "a zip archive", kZip},
    {0, "PK\x05\x06"sv, "an empty zip archive", ""},
    {0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file (Keras)", kExport},
    {0, "\x1f\x8b"sv, "a gzip file", "unpack it first"},
    {0, "BZh"sv, "a bzip2 file", "unpack it first"},
    {0, "\xfd" "7zXZ\0"sv, "an xz file", "unpack it first"},
    {0, "\x28\xb5\x2f\xfd"sv, "a zstd file", "unpack it first"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive", "unpack it first"},
    {257, "ustar"sv, "a tar archive", "unpack it first"},
    {4, "TFL3"sv, "a TensorFlow Lite model", ""},
    {4, "ORTM"sv, "a model in ONNX Runtime's own format", kOrt},
    {0, "GGUF"sv, "a GGUF file", "it has weights, but no graph"},
    {0, "version https://git-lfs"sv, "a git-lfs pointer, not the file itself", kLfs},
    {0, "\x93NUMPY"sv, "a numpy array", ""},
    {0, "\x80\x02"sv, "a Python pickle", kPickle},
    {0, "\x80\x03"sv, "a Python pickle", kPickle},
    {0, "\x80\x04"sv, "a Python pickle", kPickle},
    {0, "\x80\x05"sv, "a Python pickle", kPickle},
    {0, "\x7f" "ELF"sv, "an ELF file", ""},
    {0, "%PDF"sv, "a PDF document", ""},
};

/// First words of text files, compared without regard to case, after white space.
constexpr Magic kTexts[] = {
    {0, "<!doctype"sv, "an HTML page", "the download went wrong: check the address"},
    {0, "<html"sv, "an HTML page", "the download went wrong: check the address"},
    {0, "<?xml"sv, "an XML file", ""},
    {0, "{"sv, "a JSON file", ""},
    {0, "["sv, "a JSON file", ""},
    {0, "ir_version"sv, "a model in protobuf's text form", "save it in binary form"},
    {0, "graph {"sv, "a model in protobuf's text form", "save it in binary form"},
    {0, "graph{"sv, "a model in protobuf's text form", "save it in binary form"},
    {0, "producer_name"sv, "a model in protobuf's text form", "save it in binary form"},
    {0, "opset_import"sv, "a model in protobuf's text form", "save it in binary form"},
    {0, "node {"sv, "a graph in protobuf's text form", "save it in binary form"},
    {0, "name:"sv, "a message in protobuf's text form", "save it in binary form"},
    {0, "module "sv, "a .gir module", "name it .gir"},
};
// clang-format on

std::string_view textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

bool startsWithWord(std::string_view text, std::string_view word) {
  auto equal = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(),
                                                  [&](char w, char t) { return equal(t, w); });
}

LookAlike say(const Magic &magic) { return {std::string{magic.what}, std::string{magic.hint}}; }

bool isSafetensors(std::span<const std::byte> file) {
  if (file.size() < 10)
    return false;
  uint64_t header = Cursor{file}.fixed(8);
  return header >= 2 && header <= file.size() - 8 && textOf(file)[8] == '{';
}

} // namespace

std::optional<LookAlike> lookAlike(std::span<const std::byte> file) {
  if (file.empty())
    return LookAlike{"an empty file", ""};
  std::string_view head = textOf(file.first(std::min<size_t>(file.size(), 1024)));
  for (const Magic &magic : kMagics)
    if (head.size() >= magic.offset && head.substr(magic.offset).starts_with(magic.bytes))
      return say(magic);
  if (isSafetensors(file))
    return LookAlike{"a safetensors file", "it has weights, but no graph"};
  std::string_view text = head;
  if (text.starts_with("\xef\xbb\xbf"))
    text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.empty())
    return LookAlike{"a file of white space", ""};
  for (const Magic &magic : kTexts)
    if (startsWithWord(text, magic.bytes))
      return say(magic);
  if (std::ranges::all_of(head, [](char c) { return c == '\0'; }))
    return LookAlike{"a file of zeros", "the download or copy went wrong"};
  return {};
}

std::optional<LookAlike> otherProtobuf(std::span<const std::byte> file) {
  // A bit per (number, wire type) of the outer fields with a number below 16.
  uint64_t seen = 0, dataType = 0;
  Cursor in{file};
  while (!in.isAtEnd()) {
    std::optional<uint64_t> tag = in.varint();
    if (!tag || *tag >= 128)
      return {};
    std::optional<uint64_t> value;
    uint64_t wire = *tag & 7;
    if (wire == 0 || wire == 2)
      value = in.varint();
    if (wire == 5 ? !in.skip(4) : wire == 1 ? !in.skip(8) : !value)
      return {};
    if (wire == 2 && !in.skip(*value))
      return {};
    if (*tag == (2 << 3))
      dataType = *value;
    if (wire == 2 || wire == 0)
      seen |= uint64_t{1} << ((*tag >> 3) * 2 + (wire == 2));
  }
  auto bit = [](unsigned number, bool isBytes) { return uint64_t{1} << (number * 2 + isBytes); };
  auto onlyHas = [&](uint64_t allowed) { return (seen & ~allowed) == 0; };
  if (seen == (bit(1, false) | bit(2, true)))
    return LookAlike{"a TensorFlow SavedModel", "pass the folder that holds saved_model.pb"};
  if ((seen & bit(1, true)) && onlyHas(bit(1, true) | bit(2, true) | bit(3, false) | bit(4, true)))
    return LookAlike{"a TensorFlow graph", "export a SavedModel, or convert it to ONNX"};
  if ((seen & bit(2, false)) && isKnown(static_cast<DataType>(dataType)))
    return LookAlike{"a tensor (test data)", ""};
  return {};
}

} // namespace burin::onnx
