// SPDX-License-Identifier: Apache-2.0
#include "cli/problems.h"

#include "cli/terminal.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace burin::cli {
namespace {

/// Nodes of a group that are named in its note, without --verbose.
constexpr size_t kNodesShown = 8;

std::string_view nameOf(Problem problem) {
  switch (problem) {
  case Problem::unreadable:
    return "unreadable";
  case Problem::unsupported:
    return "unsupported";
  case Problem::invalid:
    return "invalid";
  case Problem::limit:
    return "limit";
  case Problem::usage:
    return "usage";
  }
  throw InternalError("a problem without a name");
}

/// Smaller is solved first: a file that cannot be read hides every other problem.
int urgencyOf(ExitCode code) {
  switch (code) {
  case kInternalError:
    return 0;
  case kUsage:
    return 1;
  case kUnreadable:
    return 2;
  case kUnsupported:
    return 3;
  case kNegative:
    return 4;
  case kOk:
    return 5;
  }
  return 0;
}

Location printable(const Location &at) {
  return {cli::printable(at.node), cli::printable(at.op), cli::printable(at.source)};
}

Diagnostic printable(Diagnostic d) {
  d.at = printable(d.at);
  d.text = cli::printable(d.text);
  d.hint = cli::printable(d.hint);
  for (Diagnostic::Note &note : d.notes)
    note = {printable(note.at), cli::printable(note.text)};
  return d;
}

/// Problems that differ in the node alone: the first, and the other nodes.
struct Group {
  const Diagnostic *first;
  std::vector<std::string_view> others;
};

bool sameProblem(const Diagnostic &a, const Diagnostic &b) {
  return a.problem == b.problem && a.code == b.code && a.at.op == b.at.op && a.text == b.text &&
         a.hint == b.hint && !a.at.op.empty();
}

/// Groups, those of one operator type together, else in the order of the model.
std::vector<Group> groupsOf(std::span<const Diagnostic> all) {
  using Key = std::tuple<size_t, Problem, std::string_view, std::string_view, std::string_view>;
  std::map<std::string_view, size_t> rankOfOp;
  std::map<Key, size_t> indexOf;
  std::vector<Group> groups;
  for (const Diagnostic &d : all) {
    const size_t rank = rankOfOp.emplace(d.at.op, rankOfOp.size()).first->second;
    const auto [it, isNew] =
        indexOf.emplace(Key{rank, d.problem, d.code, d.text, d.hint}, groups.size());
    if (isNew || !sameProblem(*groups[it->second].first, d))
      groups.push_back({&d, {}});
    else
      groups[it->second].others.push_back(d.at.node);
  }
  std::ranges::stable_sort(groups, {}, [&](const Group &g) { return rankOfOp[g.first->at.op]; });
  return groups;
}

std::string othersNote(const Group &group, bool everyNode) {
  const size_t shown = everyNode ? group.others.size() : std::min(kNodesShown, group.others.size());
  std::string text =
      fmt::format("and {} more node{}:", group.others.size(), group.others.size() == 1 ? "" : "s");
  for (size_t i = 0; i < shown; ++i)
    text += fmt::format("{} '{}'", i == 0 ? "" : ",", group.others[i]);
  return text + (shown < group.others.size() ? ", ..." : "");
}

/// Colours the words that begin the parts of a diagnostic.
std::string colored(std::string text) {
  const size_t error = text.find("error: ");
  if (error != std::string::npos)
    text.replace(error, 6, paint("error:", Color::red, true));
  constexpr std::pair<std::string_view, Color> kWords[] = {{"\n  note:", Color::cyan},
                                                           {"\n  hint:", Color::green}};
  for (const auto &[word, color] : kWords)
    for (size_t at = 0; (at = text.find(word, at)) != std::string::npos;) {
      const std::string painted = "\n  " + paint(word.substr(3), color, true);
      text.replace(at, word.size(), painted);
      at += painted.size();
    }
  return text;
}

} // namespace

ExitCode exitCodeOf(Problem problem) {
  switch (problem) {
  case Problem::unreadable:
  case Problem::invalid:
    return kUnreadable;
  case Problem::unsupported:
    return kUnsupported;
  case Problem::limit:
    return kNegative;
  case Problem::usage:
    return kUsage;
  }
  throw InternalError("a problem without an exit code");
}

ExitCode exitCodeOf(std::span<const Diagnostic> all) {
  ExitCode code = kOk;
  for (const Diagnostic &d : all)
    code = std::min(code, exitCodeOf(d.problem),
                    [](ExitCode a, ExitCode b) { return urgencyOf(a) < urgencyOf(b); });
  return code;
}

std::string toText(std::span<const Diagnostic> all, const ProblemStyle &style,
                   std::optional<Coverage> coverage) {
  std::string text;
  for (const Group &group : groupsOf(all)) {
    Diagnostic d = *group.first;
    if (!group.others.empty())
      d.notes.push_back({{}, othersNote(group, style.everyNode)});
    const std::string one = burin::toText(printable(std::move(d)), cli::printable(style.file));
    text += style.color ? colored(one) : one;
  }
  if (all.size() > 1 || (coverage && !all.empty()))
    text += summaryOf(all, coverage) + "\n";
  return text;
}

std::string summaryOf(std::span<const Diagnostic> all, std::optional<Coverage> coverage) {
  std::set<std::string_view> types;
  for (const Diagnostic &d : all)
    if (!d.at.op.empty())
      types.insert(d.at.op);
  std::string text = fmt::format("{} error{}", all.size(), all.size() == 1 ? "" : "s");
  if (!types.empty())
    text += fmt::format(" in {} operator type{}", types.size(), types.size() == 1 ? "" : "s");
  if (coverage)
    text += fmt::format("; {} of {} nodes supported", coverage->supported, coverage->total);
  return text;
}

nlohmann::ordered_json toJson(const Diagnostic &d) {
  nlohmann::ordered_json json{{"severity", "error"}, {"problem", nameOf(d.problem)}};
  const auto set = [](nlohmann::ordered_json &to, const char *key, const std::string &value) {
    if (!value.empty())
      to[key] = value;
  };
  const auto setPlace = [&](nlohmann::ordered_json &to, const Location &at) {
    set(to, "node", at.node);
    set(to, "op", at.op);
    set(to, "source", at.source);
  };
  set(json, "code", d.code);
  setPlace(json, d.at);
  json["message"] = d.text;
  for (const Diagnostic::Note &note : d.notes) {
    nlohmann::ordered_json one;
    setPlace(one, note.at);
    one["message"] = note.text;
    json["notes"].push_back(std::move(one));
  }
  set(json, "hint", d.hint);
  return json;
}

std::string dump(const nlohmann::ordered_json &json, bool compact) {
  using Handler = nlohmann::ordered_json::error_handler_t;
  return json.dump(compact ? -1 : 2, ' ', false, Handler::replace) + "\n";
}

} // namespace burin::cli
