// SPDX-License-Identifier: Apache-2.0
#include "frontend/torchscript/program.h"

#include "frontend/torchscript/pickle.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

/// A qualified name as its module and the name in it.
std::pair<std::string_view, std::string_view> split(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::pair(std::string_view{}, name)
                                       : std::pair(name.substr(0, dot), name.substr(dot + 1));
}

} // namespace

Program::File *Program::fileOf(std::string_view module) {
  const auto it = files_.find(module);
  if (it != files_.end())
    return it->second.get();
  std::string path = fmt::format("code/{}.py", module);
  std::replace(path.begin() + 5, path.end() - 3, '.', '/');
  std::unique_ptr<File> file;
  if (archive_.has(path)) {
    file = std::make_unique<File>();
    file->source = {path, std::string(textOf(archive_.read(path).span))};
    file->module = parse(file->source, module);
  }
  return files_.emplace(std::string(module), std::move(file)).first->second.get();
}

const Class *Program::findClass(std::string_view name) {
  const auto [module, plain] = split(name);
  const File *file = fileOf(module);
  if (!file)
    return nullptr;
  const auto it = file->module.classes.find(plain);
  return it == file->module.classes.end() ? nullptr : &it->second;
}

const Function *Program::findFunction(std::string_view name) {
  const auto [module, plain] = split(name);
  const File *file = fileOf(module);
  if (!file)
    return nullptr;
  const auto it = file->module.functions.find(plain);
  return it == file->module.functions.end() ? nullptr : &it->second;
}

const Class &Program::classNamed(std::string_view name) {
  if (const Class *c = findClass(name))
    return *c;
  throw CompileError(Problem::unsupported, {},
                     fmt::format("the class {} has no source in the archive", name))
      .code("torchscript.class")
      .hint("objects of classes that are written in C++ are not supported");
}

// ---- the user's own lines ----

namespace {

/// Reads `.debug_pkl`: [(offset, ((texts, file name, first line), start, end), tag), ...], where
/// texts and file names are numbers of strings since PyTorch 1.11.
class Ranges {
public:
  explicit Ranges(const Pickled &root) : root_{root} {
    if (root.items.size() > 1 && root.items[0]->text == "FORMAT_WITH_STRING_TABLE") {
      strings_ = root.items[1];
      first_ = 2;
    }
  }

  template <class Add> void forEach(Add add) const {
    if (strings_ && root_.items.size() == 3 && root_.items[2]->is(Pickled::Kind::tuple))
      each(*root_.items[2], 0, add);
    else
      each(root_, first_, add);
  }

private:
  template <class Add> void each(const Pickled &all, size_t from, Add add) const {
    for (size_t i = from; i < all.items.size(); ++i) {
      const Pickled &record = *all.items[i];
      if (record.items.size() < 2 || record.items[1]->items.size() < 2)
        continue;
      const Pickled &source = *record.items[1]->items[0];
      if (source.items.size() < 3)
        continue;
      const std::string text = textOf(*source.items[0]);
      const std::string file = textOf(*source.items[1]);
      if (file.empty())
        continue;
      const auto start =
          static_cast<size_t>(std::max<int64_t>(record.items[1]->items[1]->integer, 0));
      const size_t line = static_cast<size_t>(source.items[2]->integer) + lineOf(text, start) - 1;
      add(static_cast<uint32_t>(record.items[0]->integer),
          fmt::format("{}:{}", std::filesystem::path(file).filename().string(), line));
    }
  }

  std::string textOf(const Pickled &p) const {
    if (p.is(Pickled::Kind::text))
      return p.text;
    if (p.is(Pickled::Kind::integer)) {
      const auto i = static_cast<size_t>(p.integer);
      return strings_ && p.integer >= 0 && i < strings_->items.size() ? strings_->items[i]->text
                                                                      : std::string{};
    }
    // A text in parts: build_intlist([...]), or a list.
    const Pickled *list = &p;
    if (p.is(Pickled::Kind::call) && !p.items[0]->items.empty())
      list = p.items[0]->items[0];
    std::string all;
    if (list->is(Pickled::Kind::list) || list->is(Pickled::Kind::tuple))
      for (const Pickled *part : list->items)
        if (!part->is(Pickled::Kind::list) && !part->is(Pickled::Kind::call))
          all += textOf(*part);
    return all;
  }

  const Pickled &root_;
  const Pickled *strings_ = nullptr;
  size_t first_ = 0;
};

} // namespace

void Program::readRanges(File &file) {
  file.hasRanges = true;
  const std::string name = file.source.name + ".debug_pkl";
  if (!archive_.has(name))
    return;
  try {
    const Pickle pickle{archive_.read(name).span, name};
    Ranges{pickle.root()}.forEach([&](uint32_t offset, std::string place) {
      file.ranges.push_back({offset, std::move(place)});
    });
  } catch (const CompileError &) {
    file.ranges.clear(); // a help for messages: a model without it is as good
  }
  std::ranges::stable_sort(file.ranges, {}, &Range::offset);
}

std::string Program::placeOf(const SourceFile &source, uint32_t offset) {
  const auto it = std::ranges::find_if(
      files_, [&](const auto &f) { return f.second && &f.second->source == &source; });
  if (it != files_.end()) {
    File &file = *it->second;
    if (!file.hasRanges)
      readRanges(file);
    const auto after = std::ranges::upper_bound(file.ranges, offset, {}, &Range::offset);
    if (after != file.ranges.begin())
      return std::prev(after)->place;
  }
  return fmt::format("{}:{}", source.name, lineOf(source.text, offset));
}

} // namespace burin::torchscript
