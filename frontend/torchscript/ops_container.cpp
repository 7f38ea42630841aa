// SPDX-License-Identifier: Apache-2.0
//
// Lists and dicts, which the import keeps.
#include "frontend/torchscript/lowering.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::torchscript {
namespace {

const CellRef &cellOf(const Call &n, size_t i) { return n.values[i].as<CellRef>(); }
const std::vector<Host> &itemsOf(const Call &n, size_t i) { return cellOf(n, i)->items; }

/// A number at import, of argument i.
int64_t known(const Call &n, size_t i) {
  Host h = n.values[i];
  if (const TensorRef *t = h.find<TensorRef>())
    h = n.in.numberOf(n.in.valueOf(*t));
  const Dim *d = h.find<Dim>();
  if (!d || !d->isNumber())
    n.unsupported("known", "an index of a list is known at run time only, expected while compiling",
                  "index a tensor instead of a list");
  return d->number();
}

/// The place of an index that may count from the end.
size_t placeOf(const Call &n, size_t argument, size_t size) {
  const int64_t given = known(n, argument),
                i = given < 0 ? given + static_cast<int64_t>(size) : given;
  if (i < 0 || i >= static_cast<int64_t>(size))
    n.fail("index", fmt::format("element {} of a list of {}", given, size));
  return static_cast<size_t>(i);
}

bool isEqual(const Call &n, const Host &a, const Host &b) {
  if (a.holds<RunNumber>() || b.holds<RunNumber>())
    n.unsupported("known", "lists are compared whose numbers only the run knows");
  if (a.holds<TensorRef>() || b.holds<TensorRef>())
    return a.holds<TensorRef>() && b.holds<TensorRef>() && a.as<TensorRef>() == b.as<TensorRef>();
  return textOf(a) == textOf(b);
}

// ---- lists ----

Host length(const Call &n) { return Dim(static_cast<int64_t>(itemsOf(n, 0).size())); }
Host element(const Call &n) { return itemsOf(n, 0)[placeOf(n, 1, itemsOf(n, 0).size())]; }

Host append(const Call &n) {
  n.in.change(cellOf(n, 0)).push_back(n.values[1]);
  return n.values[0];
}
Host extend(const Call &n) {
  const std::vector<Host> more = itemsOf(n, 1);
  std::vector<Host> &items = n.in.change(cellOf(n, 0));
  items.insert(items.end(), more.begin(), more.end());
  return None{};
}
Host pop(const Call &n) {
  const size_t at = placeOf(n, 1, itemsOf(n, 0).size());
  const Host taken = itemsOf(n, 0)[at];
  std::vector<Host> &items = n.in.change(cellOf(n, 0));
  items.erase(items.begin() + static_cast<ptrdiff_t>(at));
  return taken;
}
Host insert(const Call &n) {
  std::vector<Host> &items = n.in.change(cellOf(n, 0));
  const auto size = static_cast<int64_t>(items.size());
  const int64_t given = known(n, 1);
  items.insert(items.begin() + std::clamp<int64_t>(given < 0 ? given + size : given, 0, size),
               n.values[2]);
  return None{};
}
Host setElement(const Call &n) {
  const size_t at = placeOf(n, 1, itemsOf(n, 0).size());
  n.in.change(cellOf(n, 0))[at] = n.values[2];
  return n.values[0];
}
Host clear(const Call &n) {
  n.in.change(cellOf(n, 0)).clear();
  return None{};
}
Host reverse(const Call &n) {
  std::ranges::reverse(n.in.change(cellOf(n, 0)));
  return None{};
}
Host copy(const Call &n) {
  const Host made = makeList(itemsOf(n, 0), cellOf(n, 0)->element);
  made.as<CellRef>()->kind = cellOf(n, 0)->kind;
  return made;
}
Host concatenate(const Call &n) {
  std::vector<Host> items = itemsOf(n, 0);
  items.insert(items.end(), itemsOf(n, 1).begin(), itemsOf(n, 1).end());
  return makeList(std::move(items),
                  cellOf(n, 0)->element ? cellOf(n, 0)->element : cellOf(n, 1)->element);
}
Host repeated(const Call &n, const CellRef &list, size_t count) {
  std::vector<Host> items;
  constexpr int64_t kMost = 1 << 20;
  const int64_t times = known(n, count);
  if (times > 0 && static_cast<int64_t>(list->items.size()) > kMost / times)
    n.unsupported("list", fmt::format("a list of more than {} elements", kMost));
  for (int64_t i = 0; i < times; ++i)
    items.insert(items.end(), list->items.begin(), list->items.end());
  return makeList(std::move(items), list->element);
}
Host repeatLeft(const Call &n) { return repeated(n, cellOf(n, 0), 1); }
Host repeatRight(const Call &n) { return repeated(n, cellOf(n, 1), 0); }

Host slice(const Call &n) {
  const std::vector<Host> &items = itemsOf(n, 0);
  const auto size = static_cast<int64_t>(items.size());
  const int64_t step = n.integer("step"), behind = step < 0 ? -1 : 0; // where a walk back ends
  if (step == 0)
    n.fail("slice", "a slice of a list with the step 0");
  const auto bound = [&](std::string_view name, int64_t otherwise) {
    if (!n.has(name))
      return otherwise;
    const int64_t i = n.integer(name);
    return std::clamp<int64_t>(i < 0 ? i + size : i, behind, size + behind);
  };
  std::vector<Host> taken;
  int64_t i = bound("start", step < 0 ? size - 1 : 0);
  const int64_t end = bound("end", step < 0 ? -1 : size);
  for (; step < 0 ? i > end : i < end; i += step)
    taken.push_back(items[static_cast<size_t>(i)]);
  return makeList(std::move(taken), cellOf(n, 0)->element);
}

Host contains(const Call &n) {
  return std::ranges::any_of(itemsOf(n, 0),
                             [&](const Host &h) { return isEqual(n, h, n.values[1]); });
}
Host indexOf(const Call &n) {
  const std::vector<Host> &items = itemsOf(n, 0);
  for (size_t i = 0; i < items.size(); ++i)
    if (isEqual(n, items[i], n.values[1]))
      return Dim(static_cast<int64_t>(i));
  n.fail("index", "the list does not hold the element that is looked for");
}

bool areEqual(const Call &n) {
  const std::vector<Host> &a = itemsOf(n, 0), &b = itemsOf(n, 1);
  return a.size() == b.size() &&
         std::ranges::equal(a, b, [&](const Host &x, const Host &y) { return isEqual(n, x, y); });
}
Host equalLists(const Call &n) { return areEqual(n); }
Host unequalLists(const Call &n) { return !areEqual(n); }

/// A number for the order; those of the run have none.
double orderOf(const Call &n, const Host &h) {
  if (const double *x = h.find<double>())
    return *x;
  if (const bool *b = h.find<bool>())
    return *b;
  const Dim *d = h.find<Dim>();
  if (!d || !d->isNumber())
    n.unsupported("known", "numbers are ordered that only the run knows");
  return static_cast<double>(d->number());
}

Host sorted(const Call &n) {
  std::vector<Host> items = itemsOf(n, 0);
  const bool texts = !items.empty() && items[0].holds<std::string>();
  std::ranges::stable_sort(items, [&](const Host &a, const Host &b) {
    return texts ? a.as<std::string>() < b.as<std::string>() : orderOf(n, a) < orderOf(n, b);
  });
  return makeList(std::move(items), cellOf(n, 0)->element);
}

/// In place.
Host sortList(const Call &n) {
  const Host made = sorted(n);
  std::vector<Host> items = made.as<CellRef>()->items;
  if (n.flag("reverse")) { // equal ones stay in their order
    std::ranges::reverse(items);
    for (auto from = items.begin(); from != items.end();) {
      const auto to = std::find_if(from, items.end(),
                                   [&](const Host &h) { return textOf(h) != textOf(*from); });
      std::reverse(from, to);
      from = to;
    }
  }
  n.in.change(cellOf(n, 0)) = std::move(items);
  return None{};
}

template <bool most> Host extreme(const Call &n) {
  const std::vector<Host> &items = itemsOf(n, 0);
  if (items.empty())
    n.fail("empty", "the least or greatest element of an empty list");
  const auto less = [&](const Host &a, const Host &b) { return orderOf(n, a) < orderOf(n, b); };
  return most ? *std::ranges::max_element(items, less) : *std::ranges::min_element(items, less);
}

Host sum(const Call &n) {
  double total = 0;
  bool isReal = false;
  for (const Host &h : itemsOf(n, 0)) {
    total += orderOf(n, h);
    isReal |= h.holds<double>();
  }
  return isReal ? Host(total) : Host(Dim(static_cast<int64_t>(total)));
}

Host anyOf(const Call &n) {
  return std::ranges::any_of(itemsOf(n, 0), [&](const Host &h) { return orderOf(n, h) != 0; });
}
Host allOf(const Call &n) {
  return std::ranges::all_of(itemsOf(n, 0), [&](const Host &h) { return orderOf(n, h) != 0; });
}

// ---- dicts ----

/// The index of the value of a key; nothing if it is absent.
std::optional<size_t> find(const Call &n, size_t key) {
  const std::vector<Host> &items = itemsOf(n, 0);
  for (size_t i = 0; i + 1 < items.size(); i += 2)
    if (isEqual(n, items[i], n.values[key]))
      return i + 1;
  return std::nullopt;
}

Host lengthOfDict(const Call &n) { return Dim(static_cast<int64_t>(itemsOf(n, 0).size() / 2)); }
Host hasKey(const Call &n) { return find(n, 1).has_value(); }
Host valueOf(const Call &n) {
  if (const auto at = find(n, 1))
    return itemsOf(n, 0)[*at];
  n.fail("key", fmt::format("the dict has no key '{}'", textOf(n.values[1])));
}
Host get(const Call &n) {
  if (const auto at = find(n, 1))
    return itemsOf(n, 0)[*at];
  return n.values.size() > 2 ? n.values[2] : Host();
}
Host setValue(const Call &n) {
  const auto at = find(n, 1);
  std::vector<Host> &items = n.in.change(cellOf(n, 0));
  if (at) {
    items[*at] = n.values[2];
  } else {
    items.push_back(n.values[1]);
    items.push_back(n.values[2]);
  }
  return None{};
}
Host popKey(const Call &n) {
  const auto at = find(n, 1);
  if (!at && n.values.size() > 2)
    return n.values[2];
  if (!at)
    return valueOf(n); // its error
  const Host taken = itemsOf(n, 0)[*at];
  std::vector<Host> &items = n.in.change(cellOf(n, 0));
  items.erase(items.begin() + static_cast<ptrdiff_t>(*at) - 1,
              items.begin() + static_cast<ptrdiff_t>(*at) + 1);
  return taken;
}
template <size_t from> Host everySecond(const Call &n) {
  std::vector<Host> all;
  for (size_t i = from; i < itemsOf(n, 0).size(); i += 2)
    all.push_back(itemsOf(n, 0)[i]);
  return makeList(std::move(all));
}
Host pairs(const Call &n) {
  std::vector<Host> all;
  for (size_t i = 0; i + 1 < itemsOf(n, 0).size(); i += 2)
    all.push_back(makeTuple({itemsOf(n, 0)[i], itemsOf(n, 0)[i + 1]}));
  return makeList(std::move(all));
}
Host update(const Call &n) {
  const std::vector<Host> more = itemsOf(n, 1);
  for (size_t i = 0; i + 1 < more.size(); i += 2)
    setValue(Call{n.operators, n.in, n.schema, {n.values[0], more[i], more[i + 1]}, n.version});
  return None{};
}
Host emptyDict(const Call &) {
  const Host made = makeList({});
  made.as<CellRef>()->kind = Cell::Kind::dict;
  return made;
}

/// Of pairs; a later one of the same key wins.
Host dictOfPairs(const Call &n) {
  const Host made = emptyDict(n);
  for (const Host &pair : itemsOf(n, 0)) {
    const std::vector<Host> &two = pair.as<TupleRef>()->items;
    setValue(Call{n.operators, n.in, n.schema, {made, two.at(0), two.at(1)}, n.version});
  }
  return made;
}

// ---- texts as lists ----

/// The parts between the separators; without one between runs of white space.
Host splitText(const Call &n) {
  const std::string &s = n.text("self");
  const int64_t most = n.integer("max");
  std::vector<Host> parts;
  const bool isWhite = !n.has("separator");
  const std::string by = isWhite ? std::string() : n.text("separator");
  if (!isWhite && by.empty())
    n.fail("argument", "a text is split by an empty separator");
  constexpr const char *kWhite = " \t\n\r\v\f";
  size_t at = isWhite ? s.find_first_not_of(kWhite) : 0;
  while (at != std::string::npos) {
    const bool isLast = most >= 0 && static_cast<int64_t>(parts.size()) == most;
    const size_t end = isLast    ? std::string::npos
                       : isWhite ? s.find_first_of(kWhite, at)
                                 : s.find(by, at);
    parts.emplace_back(s.substr(at, end == std::string::npos ? end : end - at));
    at = end == std::string::npos ? end
         : isWhite                ? s.find_first_not_of(kWhite, end)
                                  : end + by.size();
  }
  return makeList(std::move(parts), Type{Type::Kind::text, {}, {}, 0});
}
Host joinTexts(const Call &n) {
  std::string all;
  for (const Host &item : itemsOf(n, 1))
    all += (&item == itemsOf(n, 1).data() ? "" : n.text("self")) + item.as<std::string>();
  return all;
}
Host sliceText(const Call &n) {
  const std::string &s = n.text("string");
  const auto size = static_cast<int64_t>(s.size());
  const auto bound = [&](std::string_view name, int64_t otherwise) {
    const int64_t i = n.has(name) ? n.integer(name) : otherwise;
    return std::clamp<int64_t>(i < 0 ? i + size : i, 0, size);
  };
  if (n.integer("step") <= 0)
    n.unsupported("slice", "a slice of a text with a step that is not positive");
  std::string taken;
  for (int64_t i = bound("start", 0), end = bound("end", size); i < end; i += n.integer("step"))
    taken += s[static_cast<size_t>(i)];
  return taken;
}
Host startsWith(const Call &n) {
  if (n.integer("start") != 0 || n.integer("end") != -1)
    n.unsupported("argument", "startswith of a part of a text", "slice the text");
  return n.text("self").starts_with(n.text("substr"));
}
Host endsWith(const Call &n) {
  if (n.integer("start") != 0 || n.integer("end") != -1)
    n.unsupported("argument", "endswith of a part of a text", "slice the text");
  return n.text("self").ends_with(n.text("substr"));
}
template <bool upper> Host inCase(const Call &n) {
  std::string s = n.text("self");
  for (char &c : s)
    if (upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z')
      c = static_cast<char>(c ^ 0x20);
  return s;
}
Host character(const Call &n) {
  const std::string &s = n.text("s");
  return std::string(1, s[placeOf(n, 1, s.size())]);
}
Host characters(const Call &n) {
  std::vector<Host> all;
  for (const char c : n.text("t"))
    all.emplace_back(std::string(1, c));
  return makeList(std::move(all));
}

constexpr Lowering kContainers[] = {
    {"aten::len.t(t[] a) -> int", length},
    {"aten::len.Dict_K(Dict(K, t) self) -> int", lengthOfDict},
    {"aten::len.any(Any[] a) -> int", length},
    {"aten::__getitem__.t(t[](a) list, int idx) -> t(*)", element},
    {"aten::__getitem__.str(str s, int index) -> str", character},
    {"aten::__getitem__.Dict_K(Dict(K, t) self, K key) -> t(*)", valueOf},
    {"aten::select.t(t[](a) list, int idx) -> t(*)", element},
    {"aten::append.t(t[](a!) self, t(c -> *) el) -> t[](a!)", append},
    {"aten::extend.t(t[](a!) self, t[] other) -> ()", extend},
    {"aten::pop.t(t[](a!) self, int idx=-1) -> t(*)", pop},
    {"aten::pop.Dict_K(Dict(K, t)(a!) self, K key) -> t(*)", popKey},
    {"aten::pop.Dict_default_K(Dict(K, t)(a!) self, K key, t default_value) -> t(*)", popKey},
    {"aten::insert.t(t[](a!) self, int idx, t(b -> *) el) -> ()", insert},
    {"aten::_set_item.t(t[](a!) l, int idx, t(b -> *) el) -> t[](a!)", setElement},
    {"aten::_set_item.K(Dict(K, t)(a!) l, K(b -> *) idx, t(c -> *) v) -> ()", setValue},
    {"aten::clear.t(t[](a!) self) -> ()", clear},
    {"aten::clear.K(Dict(K, t)(a!) self) -> ()", clear},
    {"aten::reverse.t(t[](a!) self) -> ()", reverse},
    {"aten::copy.t(t[](a) self) -> t[]", copy},
    {"aten::copy.Dict_K(Dict(K, t)(a) self) -> Dict(K, t)", copy},
    {"aten::add.t(t[] a, t[] b) -> t[]", concatenate},
    {"aten::mul.left_t(t[] l, int n) -> t[]", repeatLeft},
    {"aten::mul.right_(int n, t[] l) -> t[]", repeatRight},
    {"aten::slice.t(t[] l, int? start=None, int? end=None, int step=1) -> t[]", slice},
    {"aten::__contains__.int_list(int[] l, int item) -> bool", contains},
    {"aten::__contains__.str_list(str[] l, str item) -> bool", contains},
    {"aten::__contains__.K(Dict(K, t) dict, K key) -> bool", hasKey},
    {"aten::__contains__.float_list(float[] l, float item) -> bool", contains},
    {"aten::index.str(str self, str substr, int start=0, int end=-1) -> int", nullptr},
    {"aten::index.list_int(int[] self, int el) -> int", indexOf},
    {"aten::index.list_float(float[] self, float el) -> int", indexOf},
    {"aten::index.list_bool(bool[] self, bool el) -> int", indexOf},
    {"aten::index.list_Tensor(Tensor[] self, Tensor el) -> int", indexOf},
    {"aten::index.list_str(str[] self, str el) -> int", indexOf},
    {"aten::eq.int_list(int[] a, int[] b) -> bool", equalLists},
    {"aten::eq.float_list(float[] a, float[] b) -> bool", equalLists},
    {"aten::eq.bool_list(bool[] a, bool[] b) -> bool", equalLists},
    {"aten::eq.str_list(str[] a, str[] b) -> bool", equalLists},
    {"aten::ne.int_list(int[] a, int[] b) -> bool", unequalLists},
    {"aten::ne.float_list(float[] a, float[] b) -> bool", unequalLists},
    {"aten::ne.bool_list(bool[] a, bool[] b) -> bool", unequalLists},
    {"aten::ne.str_list(str[] a, str[] b) -> bool", unequalLists},
    {"aten::sorted.int(int[](a) input) -> int[]", sorted},
    {"aten::sorted.float(float[](a) input) -> float[]", sorted},
    {"aten::sorted.Tensor(Tensor[](a) input) -> Tensor[]", nullptr},
    {"aten::sorted.bool(bool[](a) input) -> bool[]", sorted},
    {"aten::sorted.str(str[](a) input) -> str[]", sorted},
    {"prim::min.self_int(int[] self) -> int", extreme<false>},
    {"prim::min.self_float(float[] self) -> float", extreme<false>},
    {"prim::max.self_int(int[] self) -> int", extreme<true>},
    {"prim::max.self_float(float[] self) -> float", extreme<true>},
    {"aten::sum.int(int[] self) -> int", sum},
    {"aten::sum.float(float[] self) -> float", sum},
    {"aten::sum.bool(bool[] self) -> int", sum},
    {"aten::any.str(str[] self) -> bool", nullptr},
    {"aten::any.int(int[] self) -> bool", anyOf},
    {"aten::any.float(float[] self) -> bool", anyOf},
    {"aten::any.bool(bool[] self) -> bool", anyOf},
    {"aten::all.int(int[] self) -> bool", allOf},
    {"aten::all.float(float[] self) -> bool", allOf},
    {"aten::all.bool(bool[] self) -> bool", allOf},
    {"aten::list(str t) -> str[]", characters},
    {"aten::list.t(t[] l) -> t[]", copy},
    {"aten::Size(int[] sizes) -> int[]", copy},
    {"aten::keys.K(Dict(K, t) self) -> K[](*)", everySecond<0>},
    {"aten::values.K(Dict(K, t) self) -> t[](*)", everySecond<1>},
    {"aten::items.K(Dict(K, t) self) -> ((K, t)[])", pairs},
    {"aten::get.K(Dict(K, t) self, K key) -> t(*)?", get},
    {"aten::get.default_K(Dict(K, t) self, K key, t default_value) -> t(*)", get},
    {"aten::update.K(Dict(K, t)(a!) self, Dict(K, t)(a!) to_add) -> ()", update},
    {"aten::dict() -> Dict(str, Tensor)", emptyDict},
    {"aten::dict.K((K, tVal)[] inputs) -> Dict(K, tVal)", dictOfPairs},
    {"aten::dict.Dict_K(Dict(K, t)(a) self) -> Dict(K, t)", copy},
    {"aten::sort.int(int[](a!) self, bool reverse=False) -> ()", sortList},
    {"aten::sort.float(float[](a!) self, bool reverse=False) -> ()", sortList},
    {"aten::sort.Tensor(Tensor[](a!) self, bool reverse=False) -> ()", nullptr},
    {"aten::sort.bool(bool[](a!) self, bool reverse=False) -> ()", sortList},
    {"aten::sort.str(str[](a!) self, bool reverse=False) -> ()", sortList},
    {"aten::sort.any(t[](a!) self, bool reverse=False) -> ()", nullptr},
    {"aten::sorted.any(t[](a) self) -> t[]", nullptr},
    {"aten::eq.Tensor_list(Tensor[] a, Tensor[] b) -> bool", nullptr},
    {"aten::ne.Tensor_list(Tensor[] a, Tensor[] b) -> bool", nullptr},
    {"prim::min.int_list(int[] l, int[] r) -> int[]", nullptr},
    {"prim::min.float_list(float[] l, float[] r) -> float[]", nullptr},
    {"prim::min.bool_list(bool[] l, bool[] r) -> bool[]", nullptr},
    {"prim::min.self_bool(bool[] self) -> bool", extreme<false>},
    {"prim::max.int_list(int[] l, int[] r) -> int[]", nullptr},
    {"prim::max.float_list(float[] l, float[] r) -> float[]", nullptr},
    {"prim::max.bool_list(bool[] l, bool[] r) -> bool[]", nullptr},
    {"prim::max.self_bool(bool[] self) -> bool", extreme<true>},
    {"aten::join(str self, str[] values) -> str", joinTexts},
    {"aten::split.str(str self, str? separator=None, int max=-1) -> str[]", splitText},
    {"aten::slice.str(str string, int? start=None, int? end=None, int step=1) -> str", sliceText},
    {"aten::startswith(str self, str substr, int start=0, int end=-1) -> bool", startsWith},
    {"aten::endswith(str self, str substr, int start=0, int end=-1) -> bool", endsWith},
    {"aten::upper(str self) -> str", inCase<true>},
    {"aten::lower(str self) -> str", inCase<false>},
};

} // namespace

std::span<const Lowering> containerLowerings() { return kContainers; }

} // namespace burin::torchscript
