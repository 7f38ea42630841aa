// SPDX-License-Identifier: Apache-2.0
//
// The operators that a model reaches and that have no row, all of them before anything is lowered.
#include "frontend/savedmodel/importer.h"
#include "frontend/savedmodel/reach.h"

#include <fmt/format.h>
#include <functional>

namespace burin::savedmodel {
namespace {

std::set<std::string_view> argumentsOf(const Graph &function) {
  std::set<std::string_view> names;
  for (const Graph::Argument &argument : function.arguments)
    names.insert(argument.name);
  return names;
}

} // namespace

void Importer::reportUnsupported(const Graph &graph, const std::vector<std::string_view> &roots,
                                 const std::set<std::string_view> &fed) {
  struct Seen {
    Location first;
    size_t count = 0;
    std::string path; ///< the functions around
  };
  std::map<std::string, Seen> seen;
  std::set<const Graph *> walked;
  const std::function<void(const Graph &, const std::vector<std::string_view> &,
                           const std::set<std::string_view> &, const std::string &, size_t)>
      walk = [&](const Graph &g, const std::vector<std::string_view> &from,
                 const std::set<std::string_view> &given, const std::string &path, size_t depth) {
        if (depth > kDeepest || !walked.insert(&g).second)
          return;
        const auto enter = [&](std::string_view called) {
          if (const Graph *inner = function(called))
            walk(*inner, rootsOf(*inner), argumentsOf(*inner),
                 path.empty() ? inner->name : path + ", " + inner->name, depth + 1);
        };
        for (const Node *node : reachableWithLoops(g, from, given)) {
          if (functionProtos_.contains(node->op)) {
            enter(node->op);
            continue;
          }
          if (!findLowering(node->op)) {
            Seen &s = seen[std::string(node->op)];
            if (s.count++ == 0)
              s = {node->location(), 1, path};
          }
          for (const auto &[name, value] : node->attributes)
            value.each([&](const Field &f) {
              if (f.number == 10)
                enter(f.message("NameAttrList").text(1));
              else if (f.number == 1)
                f.message("AttrValue.ListValue").each([&](const Field &entry) {
                  if (entry.number == 9)
                    enter(entry.message("NameAttrList").text(1));
                });
            });
        }
      };
  walk(graph, roots, fed, "", 0);
  for (const auto &[op, s] : seen)
    problems_.push_back(
        {Problem::unsupported,
         "savedmodel.operator",
         s.first,
         fmt::format("{} is not supported ({} {}{})", op, s.count, s.count == 1 ? "node" : "nodes",
                     s.path.empty() ? "" : ", in " + s.path),
         {},
         op == "XlaCallModule"
             ? "the model was exported from JAX: export it with native_serialization=False"
             : "`burin ops` lists what is supported"});
}

} // namespace burin::savedmodel
