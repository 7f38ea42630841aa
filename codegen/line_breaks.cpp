// SPDX-License-Identifier: Apache-2.0
#include "codegen/line_breaks.h"

#include <algorithm>
#include <compare>
#include <queue>
#include <set>
#include <utility>

namespace burin::codegen {
namespace {

// The weights of clang-format's LLVM style.
constexpr size_t kContinuation = 4; // columns
constexpr int kPerDepth = 20, kFirstOfBracket = 15, kBehindOpen = 19, kBehindAssignment = 2;
constexpr int kOpenOfParameters = 100, kOpenOfCondition = 1000;
constexpr int kBeyondLastColumn = 1'000'000; // for each column
constexpr size_t kMostStates = 20'000;       // what is longer is numbers, and nobody reads it

struct Operator {
  std::string_view text;
  int precedence;
};
constexpr Operator kOperators[] = { // what is compared stays together
    {"||", 4}, {"&&", 5}, {"<<", 12}, {">>", 12}, {"+", 13},
    {"-", 13}, {"*", 14}, {"/", 14},  {"%", 14}};

/// Text that is never broken. A break may stand before it.
struct Piece {
  enum class After { begin, open, comma, assignment, binary };

  std::string_view text;
  After after;
  int penalty;         ///< of a break before it
  size_t closes;       ///< brackets that end in it
  bool opens;          ///< one that may be broken behind it
  bool inCondition;    ///< the first of `if (`
  bool ofMany = false; ///< one of three elements or more of its bracket
};

class Splitter {
public:
  explicit Splitter(std::string_view text) : text_{text} {}

  std::vector<Piece> split() {
    isSignature_ =
        text_.ends_with(") {") || text_.ends_with("noexcept {") || text_.ends_with("noexcept;");
    for (size_t i = 0; i < text_.size(); ++i)
      next(i);
    end(text_.size(), text_.size(), Piece::After::begin, 0);
    closeList();
    return std::move(pieces_);
  }

private:
  void next(size_t &i) {
    const char c = text_[i];
    if (c == '"' || (c == '\'' && i > 0 && !isWord(text_[i - 1])))
      return skipQuoted(i);
    if (c == '[' || isTemplateBracket(i)) {
      ++whole_;
    } else if (whole_ && (c == ']' || (c == '>' && text_[i - 1] != ' ' && text_[i - 1] != '-'))) {
      --whole_;
    } else if (whole_) {
      return;
    } else if (text_.substr(i, 2) == "()" || text_.substr(i, 2) == "{}") {
      ++i; // never broken
    } else if ((c == '(' || c == '{') && i + 1 < text_.size()) {
      open(i);
    } else if ((c == ')' || c == '}') && depth_) {
      closeList();
      --depth_;
      ++closes_;
    } else if (c == ',' && i + 1 < text_.size() && text_[i + 1] == ' ') {
      end(i + 1, i + 2, Piece::After::comma, depth_ ? 1 : 3);
    } else if (c == ';' && depth_ && i + 1 < text_.size()) { // if (const T t = x; t)
      end(i + 1, i + 2, Piece::After::comma, 0);
    } else if (c == ' ' && depth_ == 0 && text_.substr(i, 3) == " = ") {
      end(i + 2, i + 3, Piece::After::assignment, kBehindAssignment);
      i += 2;
    } else if (c == ' ') {
      const size_t space = text_.find(' ', i + 1);
      if (space == text_.npos)
        return;
      const auto *found =
          std::ranges::find(kOperators, text_.substr(i + 1, space - i - 1), &Operator::text);
      if (found != std::end(kOperators)) {
        end(space, space + 1, Piece::After::binary, found->precedence);
        i = space;
      }
    }
  }

  void open(size_t i) {
    ++depth_;
    const bool condition =
        text_.substr(0, i).ends_with("if ") || text_.substr(0, i).ends_with("for ");
    const int penalty = condition      ? kOpenOfCondition
                        : isSignature_ ? kOpenOfParameters
                                       : kBehindOpen;
    opens_ = true;
    end(i + 1, i + 1, Piece::After::open, penalty);
    inCondition_ = condition;
  }

  /// A piece ends, another starts at `next`.
  void end(size_t at, size_t next, Piece::After after, int penalty) {
    pieces_.push_back({text_.substr(start_, at - start_), after_, penalty_, closes_, opens_,
                       inCondition_, std::exchange(isLastOfMany_, false)});
    if (after == Piece::After::open)
      separated_.emplace_back();
    else if (after == Piece::After::comma || after == Piece::After::binary)
      separated_.back().push_back(pieces_.size()); // the piece to come
    start_ = next;
    after_ = after;
    penalty_ = after == Piece::After::open && penalty >= kOpenOfParameters
                   ? penalty + kPerDepth
                   : penalty + kPerDepth * static_cast<int>(1 + depth_);
    closes_ = 0;
    opens_ = inCondition_ = false;
  }

  void closeList() {
    const std::vector<size_t> separated = std::move(separated_.back());
    separated_.pop_back();
    if (separated.size() < 2)
      return;
    for (const size_t piece : separated) {
      if (piece < pieces_.size())
        pieces_[piece].ofMany = true;
      else
        isLastOfMany_ = true; // not there yet
    }
  }

  void skipQuoted(size_t &i) {
    const char quote = text_[i];
    for (++i; i < text_.size() && text_[i] != quote; ++i)
      if (text_[i] == '\\')
        ++i;
  }

  static bool isWord(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }

  /// `<` of "View<float, 1>", not of "a < b".
  bool isTemplateBracket(size_t i) const {
    return text_[i] == '<' && i > 0 && isWord(text_[i - 1]) && i + 1 < text_.size() &&
           text_[i + 1] != ' ' && text_[i + 1] != '<' && text_[i + 1] != '=';
  }

  std::string_view text_;
  std::vector<Piece> pieces_;
  std::vector<std::vector<size_t>> separated_{1}; ///< of each open bracket, what follows a comma
  bool isLastOfMany_ = false;
  bool isSignature_ = false;
  size_t start_ = 0, whole_ = 0;
  size_t closes_ = 0;
  int depth_ = 0, penalty_ = 0;
  Piece::After after_ = Piece::After::begin;
  bool opens_ = false, inCondition_ = false;
};

struct Bracket {
  size_t indent;  ///< of a line that begins in it
  size_t last;    ///< where its last operand begins: what is nested hangs there
  size_t element; ///< where its last element begins: operands stand below each other
  bool isBroken = false;
  bool isWhole = false;      ///< never broken: it lies in the middle of a line of many elements
  bool keepsElement = false; ///< what the present element has in brackets is whole
  bool breaksCommas = false; ///< since something in an element is broken

  auto operator<=>(const Bracket &) const = default;
};

struct State {
  size_t column;
  std::vector<Bracket> brackets;

  auto operator<=>(const State &) const = default;
};

/// A way to print the first pieces.
struct Node {
  int64_t penalty;
  size_t count;  ///< pieces that are printed
  size_t number; ///< of the nodes: of two that cost the same the older one is taken
  State state;
  std::vector<bool> breaks; ///< before each piece
};
bool operator<(const Node &a, const Node &b) { // the queue's first is the greatest
  return std::pair(a.penalty, a.number) > std::pair(b.penalty, b.number);
}

class Search {
public:
  Search(std::vector<Piece> pieces, size_t indent) : pieces_{std::move(pieces)}, indent_{indent} {}

  std::vector<std::string> lines() {
    Node first{0, 0, 0, {indent_, {{indent_ + kContinuation, indent_, indent_}}}, {}};
    append(first, false);
    queue_.push(std::move(first));
    std::set<std::pair<size_t, State>> seen;
    Node node;
    while (!queue_.empty() && seen.size() < kMostStates) {
      node = queue_.top();
      if (node.count == pieces_.size())
        break;
      queue_.pop();
      if (!seen.emplace(node.count, node.state).second)
        continue;
      const bool must = pieces_[node.count].after == Piece::After::comma &&
                        node.state.brackets.back().breaksCommas;
      for (const bool broken : {false, true})
        if (broken ? !node.state.brackets.back().isWhole : !must) {
          Node next = node;
          append(next, broken);
          next.number = ++made_;
          queue_.push(std::move(next));
        }
    }
    return print(std::move(node));
  }

private:
  /// Prints the next piece.
  void append(Node &node, bool broken) const {
    const Piece &piece = pieces_[node.count++];
    State &s = node.state;
    Bracket &top = s.brackets.back();
    if (broken) {
      node.penalty += piece.penalty + (top.isBroken ? 0 : kFirstOfBracket);
      for (size_t i = 0; i + 1 < s.brackets.size(); ++i)
        s.brackets[i].breaksCommas = true;
      top.isBroken = true;
      top.breaksCommas = piece.after == Piece::After::binary;
      s.column = top.last = piece.after == Piece::After::binary ? top.element : top.indent;
    } else {
      s.column += piece.after != Piece::After::begin && piece.after != Piece::After::open;
      if (piece.after == Piece::After::open)
        top.indent = s.column;
      if (piece.after == Piece::After::comma || piece.after == Piece::After::binary ||
          piece.inCondition)
        top.last = s.column;
    }
    if (piece.after != Piece::After::binary)
      top.element = s.column + (piece.text.starts_with("return ") ? 7 : 0);
    top.keepsElement = !broken && piece.ofMany;
    node.breaks.push_back(broken);
    const size_t start = s.column;
    s.column += piece.text.size();
    if (s.column > kColumns)
      node.penalty +=
          kBeyondLastColumn * static_cast<int64_t>(s.column - std::max(kColumns, start));
    for (size_t i = 0; i < piece.closes && s.brackets.size() > 1; ++i)
      s.brackets.pop_back();
    if (piece.opens) {
      const Bracket outer = s.brackets.back();
      s.brackets.push_back(
          {outer.last + kContinuation, outer.last, 0, false, outer.isWhole || outer.keepsElement});
    }
  }

  /// What the search has not reached goes on in the last line as far as there is room.
  std::vector<std::string> print(Node node) const {
    while (node.count < pieces_.size())
      append(node, node.state.column + 1 + pieces_[node.count].text.size() > kColumns);
    std::vector<std::string> lines = {std::string(indent_, ' ')};
    Node again{0, 0, 0, {indent_, {{indent_ + kContinuation, indent_, indent_}}}, {}};
    for (size_t i = 0; i < pieces_.size(); ++i) {
      append(again, node.breaks[i]);
      if (node.breaks[i])
        lines.emplace_back(again.state.column - pieces_[i].text.size(), ' ');
      else if (pieces_[i].after != Piece::After::begin && pieces_[i].after != Piece::After::open)
        lines.back() += ' ';
      lines.back() += pieces_[i].text;
    }
    return lines;
  }

  std::vector<Piece> pieces_;
  size_t indent_;
  size_t made_ = 0;
  std::priority_queue<Node> queue_;
};

} // namespace

std::vector<std::string> brokenLines(std::string_view statement, size_t indent) {
  return Search{Splitter{statement}.split(), indent}.lines();
}

} // namespace burin::codegen
