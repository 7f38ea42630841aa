// SPDX-License-Identifier: Apache-2.0
//
// Files that PyTorch or its users also call .pt, by what they are.
#include "frontend/torchscript/archive.h"

#include <algorithm>

namespace burin::torchscript {
namespace {
using namespace std::string_view_literals;

constexpr std::string_view kWeightsOnly =
    "it holds weights and no program: torch.jit.script(model).save('model.pt') saves both, or "
    "torch.jit.trace with an example input";

struct Magic {
  size_t offset;
  std::string_view bytes;
  LookAlike is;
};

const Magic kMagics[] = {
    {0,
     "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46"sv,
     {"what torch.save wrote before PyTorch 1.6", std::string(kWeightsOnly)}},
    {4,
     "PTMF"sv,
     {"a mobile module in the form of flatbuffers (.ff)", "save it by model.save('model.pt')"}},
    {0, "PYTORCH1"sv, {"a model of a preview of PyTorch 1.0", "save it again by a newer PyTorch"}},
    {0, "op_version_set"sv, {"TorchScript source without its archive", "pass the .pt file"}},
};

} // namespace

bool isZip(std::span<const std::byte> file) {
  constexpr std::string_view kZip = "PK\3\4";
  return textOf(file).starts_with(kZip);
}

const LookAlike *torchLookAlike(std::span<const std::byte> file) {
  const std::string_view text = textOf(file);
  for (const Magic &magic : kMagics)
    if (text.size() >= magic.offset && text.substr(magic.offset).starts_with(magic.bytes))
      return &magic.is;
  return nullptr;
}

void requireTorchScript(const Archive &archive) {
  const std::vector<std::string_view> names = archive.names();
  const auto hasFolder = [&](std::string_view prefix) {
    return std::ranges::any_of(names, [&](std::string_view n) { return n.starts_with(prefix); });
  };
  const auto refuse = [](std::string what, std::string hint) {
    throw unreadable("the file is " + std::move(what) + ", not a TorchScript model",
                     std::move(hint));
  };
  if (archive.has("data.pkl") && archive.has("constants.pkl") && hasFolder("code/"))
    return;
  if (archive.has("archive_format") || archive.has("serialized_exported_program.json"))
    refuse("a program of torch.export (.pt2)", "pass it without --input-format, or as pt2");
  if (archive.has("model.json"))
    refuse("a model of PyTorch 1.0 to 1.2",
           "load it by PyTorch 1.3 to 2.0 and save it again: torch.jit.load, save");
  if (hasFolder(".data/ts_code/"))
    refuse("a torch.package", "save the module by torch.jit.script(model).save('model.pt')");
  if (archive.has("bytecode.pkl"))
    refuse("a mobile module (.ptl) without its source",
           "save the module it was made of: torch.jit.script(model).save('model.pt')");
  if (archive.has("data.pkl"))
    refuse("a state_dict or a pickled module of torch.save", std::string(kWeightsOnly));
  if (hasFolder("arrays/") ||
      std::ranges::any_of(names, [](std::string_view n) { return n.ends_with(".npy"); }))
    refuse("an archive of numpy arrays", "pass the model; arrays go to --data or --input");
  refuse("a zip archive without code/ and data.pkl", "");
}

} // namespace burin::torchscript
