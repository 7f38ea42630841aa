// SPDX-License-Identifier: Apache-2.0
#include "frontend/torchscript/pickle.h"

#include "frontend/torchscript/archive.h"

#include <bit>
#include <fmt/format.h>
#include <unordered_map>

namespace burin::torchscript {

/// The stack machine. Memory is proportional to the bytes read: every opcode makes at most one
/// node.
class PickleMachine {
public:
  PickleMachine(std::span<const std::byte> bytes, std::string_view name, std::deque<Pickled> &nodes)
      : text_{reinterpret_cast<const char *>(bytes.data()), bytes.size()}, name_{name},
        nodes_{nodes} {}

  const Pickled *run() {
    if (byte() != 0x80 || byte() != 2)
      fail("it is not a pickle of protocol 2");
    for (;;) {
      const unsigned char opcode = byte();
      if (opcode == '.')
        return pop();
      step(opcode);
    }
  }

private:
  using Kind = Pickled::Kind;

  [[noreturn]] void fail(std::string_view why) const {
    throw unreadable(fmt::format("'{}' at byte {}: {}", name_, at_, why));
  }

  // ---- what is read ----
  std::string_view bytes(uint64_t count) {
    if (count > text_.size() - at_)
      fail("it is cut off");
    const std::string_view result = text_.substr(at_, count);
    at_ += count;
    return result;
  }
  unsigned char byte() { return static_cast<unsigned char>(bytes(1)[0]); }
  uint64_t little(size_t size) {
    const std::string_view from = bytes(size);
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(from[i]);
    return value;
  }
  std::string_view line() {
    const size_t end = text_.find('\n', at_);
    if (end == std::string_view::npos)
      fail("it is cut off");
    const std::string_view result = text_.substr(at_, end - at_);
    at_ = end + 1;
    return result;
  }
  double real() {
    const std::string_view from = bytes(8);
    uint64_t bits = 0;
    for (const char c : from) // big-endian, unlike all else
      bits = bits << 8 | static_cast<unsigned char>(c);
    return std::bit_cast<double>(bits);
  }

  // ---- the stack ----
  Pickled &make(Kind kind) {
    Pickled &node = nodes_.emplace_back();
    node.kind = kind;
    return node;
  }
  void push(const Pickled &node) { stack_.push_back(const_cast<Pickled *>(&node)); }
  void pushInteger(int64_t value, Kind kind = Kind::integer) {
    Pickled &node = make(kind);
    node.integer = value;
    push(node);
  }
  void pushText(std::string_view text) {
    Pickled &node = make(Kind::text);
    node.text = text;
    push(node);
  }
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  Pickled *pop() {
    if (stack_.size() <= floor())
      fail("the stack is empty");
    Pickled *top = stack_.back();
    stack_.pop_back();
    return top;
  }
  Pickled &top(Kind kind, std::string_view what) {
    if (stack_.size() <= floor() || stack_.back()->kind != kind)
      fail(fmt::format("expected {} on the stack", what));
    return *stack_.back();
  }
  std::vector<const Pickled *> popToMark() {
    if (marks_.empty())
      fail("there is no mark");
    const auto from = stack_.begin() + static_cast<ptrdiff_t>(marks_.back());
    std::vector<const Pickled *> items(from, stack_.end());
    stack_.erase(from, stack_.end());
    marks_.pop_back();
    return items;
  }
  std::vector<const Pickled *> popSome(size_t count) {
    std::vector<const Pickled *> items(count);
    for (size_t i = count; i-- > 0;)
      items[i] = pop();
    return items;
  }
  void pushItems(Kind kind, std::vector<const Pickled *> items) {
    Pickled &node = make(kind);
    node.items = std::move(items);
    if (kind == Kind::dict && node.items.size() % 2 != 0)
      fail("a dict has a key without a value");
    push(node);
  }
  void append(Pickled &to, const std::vector<const Pickled *> &items) {
    if (to.kind == Kind::dict && items.size() % 2 != 0)
      fail("a dict has a key without a value");
    to.items.insert(to.items.end(), items.begin(), items.end());
  }
  void memoize(uint64_t index) {
    if (stack_.size() <= floor())
      fail("the stack is empty");
    memo_[index] = stack_.back();
  }
  void recall(uint64_t index) {
    const auto it = memo_.find(index);
    if (it == memo_.end())
      fail(fmt::format("nothing was kept as {}", index));
    push(*it->second);
  }

  void step(unsigned char opcode);
  void container(unsigned char opcode);
  void object(unsigned char opcode);

  std::string_view text_, name_;
  size_t at_ = 0;
  std::deque<Pickled> &nodes_;
  std::vector<Pickled *> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, Pickled *> memo_;
};

void PickleMachine::step(unsigned char opcode) {
  switch (opcode) {
  case '(':
    return marks_.push_back(stack_.size());
  case 'N':
    return push(make(Kind::none));
  case 0x88:
  case 0x89:
    return pushInteger(opcode == 0x88, Kind::boolean);
  case 'K':
    return pushInteger(static_cast<int64_t>(little(1)));
  case 'M':
    return pushInteger(static_cast<int64_t>(little(2)));
  case 'J':
    return pushInteger(static_cast<int32_t>(little(4)));
  case 0x8a: {
    if (const uint64_t size = little(1); size != 8)
      fail(fmt::format("an integer of {} bytes, expected 8", size));
    return pushInteger(static_cast<int64_t>(little(8)));
  }
  case 'G': {
    Pickled &node = make(Kind::real);
    node.real = real();
    return push(node);
  }
  case 'X':
    return pushText(bytes(little(4)));
  case 0x8d:
    return pushText(bytes(little(8)));
  case 'q':
    return memoize(little(1));
  case 'r':
    return memoize(little(4));
  case 'h':
    return recall(little(1));
  case 'j':
    return recall(little(4));
  case 'c':
  case 'R':
  case 0x81:
  case 'b':
  case 'Q':
    return object(opcode);
  default:
    return container(opcode);
  }
}

void PickleMachine::container(unsigned char opcode) {
  switch (opcode) {
  case ')':
    return pushItems(Kind::tuple, {});
  case 0x85:
  case 0x86:
  case 0x87:
    return pushItems(Kind::tuple, popSome(opcode - 0x84U));
  case 't':
    return pushItems(Kind::tuple, popToMark());
  case ']':
    return pushItems(Kind::list, {});
  case 'l':
    return pushItems(Kind::list, popToMark());
  case '}':
    return pushItems(Kind::dict, {});
  case 'd':
    return pushItems(Kind::dict, popToMark());
  case 'a': {
    const auto items = popSome(1);
    return append(top(Kind::list, "a list"), items);
  }
  case 'e': {
    const auto items = popToMark();
    return append(top(Kind::list, "a list"), items);
  }
  case 's': {
    const auto items = popSome(2);
    return append(top(Kind::dict, "a dict"), items);
  }
  case 'u': {
    const auto items = popToMark();
    return append(top(Kind::dict, "a dict"), items);
  }
  default:
    fail(fmt::format("the opcode 0x{:02x} is none that PyTorch writes", opcode));
  }
}

void PickleMachine::object(unsigned char opcode) {
  switch (opcode) {
  case 'c': {
    Pickled &node = make(Kind::global);
    const std::string_view module = line();
    node.text = fmt::format("{}.{}", module, line());
    return push(node);
  }
  case 'R':
  case 0x81: {
    const Pickled *arguments = pop();
    const Pickled &callee = *pop();
    if (opcode == 'R' && callee.is(Kind::global) && !arguments->is(Kind::tuple)) {
      Pickled &alone = make(Kind::tuple); // the value of an enum
      alone.items = {arguments};
      arguments = &alone;
    }
    if (!callee.is(Kind::global) || !arguments->is(Kind::tuple))
      fail("expected a global and a tuple of arguments on the stack");
    Pickled &node = make(opcode == 'R' ? Kind::call : Kind::instance);
    node.text = callee.text;
    if (opcode == 'R')
      node.items = {arguments};
    else if (!arguments->items.empty())
      fail("an object is made with arguments");
    return push(node);
  }
  case 'b': {
    const Pickled *state = pop();
    Pickled &node = top(Kind::instance, "an object");
    if (!node.items.empty())
      fail("an object has two states");
    node.items = {state};
    return;
  }
  default: { // 'Q'
    const Pickled *id = pop();
    return pushItems(Kind::persistent, {id});
  }
  }
}

Pickle::Pickle(std::span<const std::byte> bytes, std::string_view name) {
  root_ = PickleMachine{bytes, name, nodes_}.run();
}

} // namespace burin::torchscript
