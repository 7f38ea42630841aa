// SPDX-License-Identifier: Apache-2.0
//
// The pickle machine and the parser, each form by itself.
#include "frontend/torchscript/archive.h"
#include "frontend/torchscript/pickle.h"
#include "frontend/torchscript/syntax.h"
#include "frontend/torchscript/types.h"

#include <gtest/gtest.h>

namespace burin::torchscript::test {
namespace {
using namespace std::string_literals;
using Kind = Pickled::Kind;

const Pickled &rootOf(const Pickle &p) { return p.root(); }

Pickle unpickled(const std::string &body) {
  const std::string bytes = "\x80\x02"s + body + ".";
  return Pickle{std::as_bytes(std::span(bytes)), "test"};
}

TEST(Pickle, Scalars) {
  EXPECT_TRUE(rootOf(unpickled("N")).is(Kind::none));
  EXPECT_EQ(rootOf(unpickled("\x88"s)).integer, 1);
  EXPECT_EQ(rootOf(unpickled("\x89"s)).integer, 0);
  EXPECT_EQ(rootOf(unpickled("K\xff"s)).integer, 255);
  EXPECT_EQ(rootOf(unpickled("M\x01\x02"s)).integer, 0x201);
  EXPECT_EQ(rootOf(unpickled("J\xfe\xff\xff\xff"s)).integer, -2);
  EXPECT_EQ(rootOf(unpickled("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80"s)).integer, INT64_MIN);
  EXPECT_EQ(rootOf(unpickled("G\xbf\xf0\x00\x00\x00\x00\x00\x00"s)).real, -1.0);
  EXPECT_EQ(rootOf(unpickled("X\x02\x00\x00\x00"s + "ab")).text, "ab");
  EXPECT_EQ(rootOf(unpickled("\x8d\x02\x00\x00\x00\x00\x00\x00\x00"s + "ab")).text, "ab");
}

TEST(Pickle, Containers) {
  EXPECT_EQ(rootOf(unpickled(")")).items.size(), 0u);
  EXPECT_EQ(rootOf(unpickled("N\x85"s)).items.size(), 1u);
  EXPECT_EQ(rootOf(unpickled("NN\x86"s)).items.size(), 2u);
  EXPECT_EQ(rootOf(unpickled("NNN\x87"s)).items.size(), 3u);
  EXPECT_EQ(rootOf(unpickled("(NNNNt")).items.size(), 4u);
  EXPECT_EQ(rootOf(unpickled("]Na(NNe")).items.size(), 3u);
  EXPECT_EQ(rootOf(unpickled("(NNl")).items.size(), 2u);
  EXPECT_EQ(rootOf(unpickled("}NNs(NNNNu")).items.size(), 6u);
  EXPECT_EQ(rootOf(unpickled("(NNd")).items.size(), 2u);
}

TEST(Pickle, Objects) {
  const Pickle call = unpickled("cos\nsystem\n)R");
  EXPECT_TRUE(call.root().is(Kind::call));
  EXPECT_EQ(call.root().text, "os.system");
  const Pickle object = unpickled("ca.b\nC\n)\x81}b"s);
  EXPECT_TRUE(object.root().is(Kind::instance));
  EXPECT_EQ(object.root().text, "a.b.C");
  EXPECT_TRUE(object.root().items[0]->is(Kind::dict));
  EXPECT_TRUE(rootOf(unpickled(")Q")).is(Kind::persistent));
}

TEST(Pickle, MemoKeepsIdentity) {
  const Pickle p = unpickled("]q\x01h\x01r\x00\x01\x00\x00j\x00\x01\x00\x00\x87"s);
  EXPECT_EQ(p.root().items[0], p.root().items[1]);
  EXPECT_EQ(p.root().items[0], p.root().items[2]);
}

// ---- the language ----

Module parsed(const std::string &text) {
  static std::vector<std::unique_ptr<SourceFile>> files; // the syntax tree points into them
  files.push_back(std::make_unique<SourceFile>(SourceFile{"code/m.py", text}));
  return parse(*files.back(), "m");
}

const Function &only(const Module &m) { return m.functions.begin()->second; }

TEST(Parser, Class) {
  const Module m = parsed(R"(class Net(Module):
  __parameters__ = ["weight", ]
  __buffers__ = []
  __annotations__ = []
  __annotations__["0"] = m.___torch_mangle_3.Layer
  weight : Tensor
  rate : Final[int] = 16000
  __forward_hooks__ = ["hook", ]
  def forward(self: m.Net,
      x: Tensor,
      y: Optional[Tensor]=None) -> Tuple[Tensor, Tensor]:
    return (x, y)
class Kind(Enum):
  A = 1
  B = "two"
class Empty:
  pass
)");
  const Class &net = m.classes.at("Net");
  EXPECT_EQ(net.name, "m.Net");
  EXPECT_EQ(net.base, "Module");
  ASSERT_EQ(net.attributes.size(), 2u);
  EXPECT_EQ(net.attributes[0].name, "0");
  EXPECT_EQ(net.constants[0].value.integer, 16000);
  EXPECT_EQ(net.hooks, std::vector<std::string>{"hook"});
  EXPECT_EQ(net.method("forward")->parameters.size(), 3u);
  EXPECT_EQ(m.classes.at("Kind").constants.size(), 2u);
}

TEST(Parser, Statements) {
  const Module m = parsed(R"(op_version_set = 1
import __torch__.a
def f(x: Tensor) -> Tensor:
  a, b, = torch.unbind(x)
  c, d = torch.max(x, 0)
  e : Optional[Tensor] = None
  self.h = x
  if torch.gt(x, -1):
    pass
  else:
    y = x
  while go:
    go = False
  for i in range(10):
    ops.prim.RaiseException("no")
  with guard as g:
    z = x
  def closure():
    return x
  return x  # done
)");
  const std::vector<Stmt> &body = only(m).body;
  ASSERT_EQ(body.size(), 10u);
  EXPECT_TRUE(body[0].unpacks);
  EXPECT_FALSE(body[1].unpacks);
  EXPECT_EQ(body[1].targets, (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(body[3].kind, Stmt::Kind::setAttribute);
  EXPECT_EQ(body[4].otherwise.size(), 1u);
  EXPECT_EQ(body[6].targets, std::vector<std::string>{"i"});
  EXPECT_EQ(body[8].kind, Stmt::Kind::define);
}

TEST(Parser, Expressions) {
  const Module m = parsed(R"(def f(x: int) -> int:
  a = [1, -2, 1., -inf, 1e-05, True, ]
  b = {"k": (x,), 'l': ()}
  c = (x)[0:2]
  d = annotate(List[int], [])
  e = torch.f(x, dim=1, keep=None, )
  f = "a\n\"\101" "b"
  g = """x
y"""
  return x
)");
  const std::vector<Stmt> &body = only(m).body;
  EXPECT_EQ(body[0].value.items.size(), 6u);
  EXPECT_TRUE(body[0].value.items[2].is(Expr::Kind::real));
  EXPECT_EQ(body[1].value.items[1].items.size(), 1u);
  EXPECT_TRUE(body[2].value.is(Expr::Kind::slice));
  EXPECT_EQ(body[4].value.keywords.size(), 2u);
  EXPECT_EQ(body[5].value.text, "a\n\"Ab");
  EXPECT_EQ(body[6].value.text, "x\ny");
}

TEST(Types, AreReadAsPrinted) {
  const auto type = [](const std::string &text) {
    const SourceFile file{"type", text};
    return typeOf(parseExpression(file), file);
  };
  EXPECT_EQ(type("Dict[str, List[Optional[Tensor]]]").items[1].items[0].kind, Type::Kind::optional);
  EXPECT_EQ(type("Tuple[()]").items.size(), 0u);
  EXPECT_EQ(type("__torch__.a.B").name, "__torch__.a.B");
  EXPECT_EQ(type("LongTensor").kind, Type::Kind::tensor);
  EXPECT_THROW(type("[1]"), CompileError);
}

} // namespace
} // namespace burin::torchscript::test
