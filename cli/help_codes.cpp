// SPDX-License-Identifier: Apache-2.0
//
// The codes in brackets at the end of a diagnostic. A test compares this table with the sources.
#include "cli/help.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::cli {
namespace {

constexpr Topic kCodes[] = {
    {"cli.arena-limit", "The arena is larger than --arena-limit",
     R"(  The working memory of a run, with inputs and outputs, exceeds the limit of the user. The message
  names the node where the most is in use. A smaller upper bound (--dim batch=1..4) makes every
  tensor smaller; --optimize size prefers steps that need less.
)"},
    {"cli.macs-limit", "A run multiplies more often than --macs-limit",
     R"(  Multiplications of a run at the upper bounds of all dimensions.
)"},
    {"cli.state", "--state or --state-init does not fit the model",
     R"(  A state is an input and an output of one element type and one shape, which is the same in all
  runs. The object keeps it: the output of a run is the input of the next one. It begins as zeros,
  or as --state-init says: h=1 or h=@h.npy.
)"},
    {"cli.weights-limit", "The weights are larger than --weights-limit",
     R"(  The constants as they lie in the generated code, packed for its kernels, exceed the limit of the
  user.
)"},
    {"codegen.c_api", "The C interface of this model is not there yet",
     R"(  A type of the model's interface has no form in C so far. --api cxx has it.
)"},
    {"codegen.element", "An element type that generated code does not have",
     R"(  No kernel computes with elements of this type. Cast them in the model.
)"},
    {"codegen.element_extents", "A tensor whose extents are gone when it is read",
     R"(  Elements of a list have extents each. Getting one sets the symbols of its type, so that one got
  before may not be read after that: bind the extents of what is got to symbols of its own.
)"},
    {"codegen.entries", "Entry points that one class cannot have",
     R"(  What is an extent of inputs for one of them is found while another one runs. Compile each by
  itself.
)"},
    {"codegen.expression", "An expression of elements that cannot be written in C++",
     R"(  An elementwise operator has no form for this type of element.
)"},
    {"codegen.extents", "Extents that are not known",
     R"(  The kernel of this operator needs to know how large its result is.
)"},
    {"codegen.interface", "A list or an optional that a model is given or returns",
     R"(  The interface of generated code has tensors. Lists and optionals may live inside a model: cut it
  with --outputs, or let it take and return the elements.
)"},
    {"codegen.kernel", "There is no kernel for an operator",
     R"(  The model was read, but burin has no code for this operator with these types. `burin check` lists
  every such node.
)"},
    {"codegen.list", "A list whose memory is not known",
     R"(  The capacity of a list is a number, and where one is carried on (`if`, `loop`) its type stays the
  same.
)"},
    {"codegen.state", "A state that the generated class cannot hold",
     R"(  It is a member of a plain struct: of one size for all runs, and of numbers that have literals.
)"},
    {"codegen.string", "A constant of text",
     R"(  Constants of strings cannot be compiled yet.
)"},
    {"dims.bounds", "A dimension beyond the bounds of the program",
     R"(  A program of torch.export says for which extents it is, and was checked for these alone. Export it
  with wider ones: torch.export.Dim("batch", min=1, max=64).
)"},
    {"dims.unbounded", "A dimension without an upper bound",
     R"(  Memory is planned at compile time, so every dimension that stays open needs a bound: --dim
  batch=1..8, or a number, --dim batch=1. See `burin help shapes`.
)"},
    {"dims.unknown", "An option names what the model does not have",
     R"(  --dim names a symbol, or --input-shape an input, that the model has not. `burin inspect` lists
  inputs and dimensions.
)"},
    {"entries.differ", "Entry points that do not fit into one class",
     R"(  Several signatures or methods share their states and their symbols: a state has one shape and one
  first value, an extent of a name one range. Compile each by itself.
)"},
    {"kernels.evaluate", "An operator that cannot be run in this process",
     R"(  --in-process runs the kernels of the generated code inside burin, and this operator has none there
  yet. `burin validate` without --in-process builds and runs the generated code.
)"},
    {"kernels.extent", "A tensor that is too large to count",
     "  Kernels count elements in an int: at most 2^31 - 1 of them in a tensor.\n"},
    {"kernels.rank", "A tensor with too many axes",
     "  Kernels take up to 8 axes, after neighbours that move together were joined.\n"},
    {"exported.argument", "An argument that is not supported, or --arg does not fit",
     R"(  Operators take tensors, numbers, texts and lists of them. --arg gives a number that the program
  takes as an input, by its name.
)"},
    {"exported.branch", "A value that differs on two ways through the program",
     R"(  What a branch or an iteration of a loop leaves has one shape and type, whichever way is taken.
)"},
    {"exported.file", "A .pt2 file that cannot be read",
     R"(  The message says where it is damaged, or what in it is not known: the member of the archive, and
  the place in its JSON.
)"},
    {"exported.graph", "A graph that does not fit together",
     R"(  A value is not what the program says of it, as after an edit of the file, or when another version
  of PyTorch has written it than it says.
)"},
    {"exported.guard", "Shapes that the program is not for",
     R"(  torch.export follows one way through the model and notes what its shapes must be for it. PyTorch
  refuses others, and so does burin: while compiling, or by failed_assert in a run.
)"},
    {"exported.input", "An input that is not supported, or --input-shape does not fit",
     R"(  Inputs are tensors and numbers, in tuples, lists and dicts. --input-shape fixes extents that the
  program leaves open, and no others.
)"},
    {"exported.operator", "An operator that burin does not have",
     R"(  run_decompositions() before torch.export.save leaves core operators alone, and makes the casts of
  autocast and the writes of branches part of the program.
)"},
    {"exported.output", "An output that is not there, or is no tensor",
     R"(  Outputs are tensors and numbers, in tuples, lists and dicts: output, output.0, output.KEY. What a
  run leaves in an input is the output INPUT.next.
)"},
    {"exported.program", "Which program of the archive",
     R"(  A .pt2 may hold several: --signature chooses one; without it, the one that is called model, or the
  only one.
)"},
    {"exported.state", "A buffer that cannot be a state",
     R"(  What a program writes into a buffer lives from run to run. It has one type and one shape.
)"},
    {"onnx.argument", "--arg does not fit the model",
     "  It gives a number or true and false to an input of one element, by its name.\n"},
    {"onnx.attribute", "An attribute that is missing or has a wrong type or value",
     R"(  The message names the attribute, what it is and what the operator's specification allows.
)"},
    {"onnx.auto_pad", "An unknown auto_pad", "  It is NOTSET, SAME_UPPER, SAME_LOWER or VALID.\n"},
    {"onnx.axis", "An axis outside of the tensor",
     "  An axis of a tensor of rank r is from -r to r - 1.\n"},
    {"onnx.constant", "A value that must be known while compiling",
     R"(  The operator takes a tensor as a parameter, and burin needs its value at compile time: a constant,
  or computed of constants and shapes. Exporters fold most such values; onnx-simplifier does more.
)"},
    {"onnx.conv.auto_pad", "Padding that depends on an open size",
     R"(  auto_pad computes the padding of the size of the input, which is open. Fix the size with
  --input-shape or --dim, or export the model with explicit pads.
)"},
    {"onnx.depth", "Graphs or functions nest too deeply",
     R"(  Subgraphs and function calls inside each other are limited, so that no file exhausts the stack.
)"},
    {"onnx.element", "An element type that does not exist",
     "  The number of the type in the file is not one of ONNX.\n"},
    {"onnx.equation", "An equation of Einsum that is wrong",
     "  Labels are letters; each axis has one, and the output's labels are those of inputs.\n"},
    {"onnx.external", "External data that do not fit",
     R"(  The tensor lies in another file; its offset or length there is wrong, or the file is cut off.
)"},
    {"onnx.external.path", "A path of external data that is not allowed",
     R"(  External data must lie in the folder of the model or below: no absolute path, no "..", no
  symbolic link, only regular files.
)"},
    {"onnx.file", "A file that is not an ONNX model",
     R"(  The message says what it is instead, or where it ends early. A model that was fetched by git may
  be a pointer of Git LFS: git lfs pull.
)"},
    {"onnx.functions", "A function without a name", "  The model is invalid.\n"},
    {"onnx.functions.depth", "Functions call each other too deeply",
     "  The depth of calls is limited.\n"},
    {"onnx.functions.duplicate", "Two functions of one name", "  The model is invalid.\n"},
    {"onnx.functions.recursion", "A function that calls itself",
     "  ONNX forbids recursion, as functions are expanded.\n"},
    {"onnx.functions.size", "Functions expand to too many nodes",
     "  Calls inside calls multiply; the sum of all nodes is limited.\n"},
    {"onnx.input", "An input whose type is not supported",
     R"(  An input must be a tensor with a declared rank; --input-shape gives it one.
)"},
    {"onnx.input-shape", "--input-shape does not fit the input",
     "  The number of extents differs from what the model declares.\n"},
    {"onnx.kernel", "The filter has an open extent",
     "  The extents of a filter must be numbers.\n"},
    {"onnx.keys", "A LabelEncoder with a key twice",
     R"(  Runtimes differ in which value wins. Remove one of the two.
)"},
    {"onnx.linear", "An SVMClassifier without support vectors",
     R"(  A linear machine: LinearClassifier says the same.
)"},
    {"onnx.mode", "A mode that the operator does not have",
     "  The message names the modes of its specification.\n"},
    {"onnx.names.cycle", "Nodes that need each other",
     "  The graph has a cycle, which is invalid; the notes name its nodes.\n"},
    {"onnx.names.duplicate", "A name that is defined twice", "  The model is invalid.\n"},
    {"onnx.names.shadow", "A name of a subgraph that hides one outside",
     "  ONNX forbids it: the reader could not tell which one is meant.\n"},
    {"onnx.names.undefined", "A name that nothing defines",
     "  A node or an output reads a value that no node, input or initializer makes.\n"},
    {"onnx.node", "A node without an operator", "  The model is invalid.\n"},
    {"onnx.operator", "An operator that burin does not have",
     R"(  The model is valid, but burin cannot compile this operator, or not in this version. `burin ops`
  lists what it can. A model-local function of that name is used if the file has one.
)"},
    {"onnx.output", "An output that is not there",
     R"(  --outputs or the graph names a value that no node makes. `burin inspect --tensors` lists the
  values.
)"},
    {"onnx.pads", "Pads that do not fit the tensor",
     "  There are two for each axis, first those at the begin, then those at the end.\n"},
    {"onnx.policy", "An unknown policy of Resize", "  It is stretch, not_larger or not_smaller.\n"},
    {"onnx.range", "A Range that never ends", "  Its step must not be 0.\n"},
    {"onnx.rank", "A tensor of a wrong rank",
     "  The operator's specification asks for another number of dimensions.\n"},
    {"onnx.roi", "A region of interest that does not fit",
     "  It has two numbers for each axis: all begins, then all ends.\n"},
    {"onnx.runtime-shape", "A shape that only the run knows",
     "  The operator needs the value at compile time. Make it a constant of the model.\n"},
    {"onnx.scales", "A scale that is not positive",
     "  Resize takes one positive factor for each axis.\n"},
    {"onnx.shape", "Shapes that do not fit each other",
     "  The message names the operands and their shapes.\n"},
    {"onnx.slice", "A Slice whose parameters disagree",
     "  There are as many starts, ends, axes and steps.\n"},
    {"onnx.split", "A Split whose parts do not fill the axis",
     "  The sizes of the parts sum up to the extent of the axis.\n"},
    {"onnx.string", "Categories that are texts",
     R"(  Generated code holds numbers. Let the model begin behind the node, with the numbers of the
  categories.
)"},
    {"onnx.symbolic", "A number that is open at compile time",
     R"(  The operator needs a number where the model computes one of an open dimension. Fix the dimension
  with --dim.
)"},
    {"onnx.tensor", "A tensor that contradicts itself",
     "  Its shape, its type and its data do not fit each other.\n"},
    {"onnx.tensor.memory", "A tensor that is too large",
     "  It does not fit into the memory of this machine.\n"},
    {"onnx.tensor.segment", "A tensor in segments",
     "  ONNX had tensors in several parts once; no exporter writes them.\n"},
    {"onnx.tensor.sparse", "A sparse tensor that is not supported or wrong",
     "  Indices are out of range, out of order, or of a wrong shape.\n"},
    {"onnx.tensor.type", "A tensor of an unknown type",
     "  The number of the type in the file is not one of ONNX.\n"},
    {"onnx.training", "An operator in training mode",
     "  Export the model for inference: model.eval() before torch.onnx.export.\n"},
    {"onnx.transform", "A transform of a single score",
     R"(  PROBIT of the one score that decides between two classes leaves the other score open.
)"},
    {"onnx.tree", "A tree that is none",
     R"(  The lists of a tree ensemble name nodes that are not there, twice there, or above themselves.
  The model is invalid.
)"},
    {"onnx.window", "A window that does not fit",
     "  The window of a convolution or pooling is larger than its padded input.\n"},
    {"onnx.wire", "A damaged file",
     "  The protobuf encoding is broken, nests too deeply, or is cut off.\n"},
    {"savedmodel.cycle", "Nodes that need each other",
     R"(  Loops of TensorFlow 1 are Enter, Merge, Switch, NextIteration and Exit; this one is none.
)"},
    {"savedmodel.depth", "Functions call each other too deeply", "  Or a function calls itself.\n"},
    {"savedmodel.file", "A file that is not a SavedModel",
     R"(  The file cannot be read, or it is something else, which the message names. Pass the folder that
  holds saved_model.pb, or the file of a frozen graph.
)"},
    {"savedmodel.folder", "A folder without a SavedModel",
     "  The message says what the folder is, if that can be told.\n"},
    {"savedmodel.input", "An input that is not supported",
     R"(  It has no declared shape, a type without kernels, or it is a placeholder that the signature does
  not feed.
)"},
    {"savedmodel.input-shape", "--input-shape does not fit the input",
     "  The rank differs from the one that the signature declares.\n"},
    {"savedmodel.operator", "An operator that burin does not have",
     R"(  `burin ops` and docs/operators.md list what there is. The message names the first node, how many
  there are, and the functions around it.
)"},
    {"savedmodel.output", "An output that is not there",
     R"(  A result of the operator that nothing computes here, or --outputs names something that the model
  does not have.
)"},
    {"savedmodel.signature", "No signature, or several",
     R"(  A signature says what goes in and what comes out. --signature chooses one; without it,
  serving_default, or the only one.
)"},
    {"savedmodel.state", "A variable that cannot be a state",
     R"(  A variable that the model assigns lives from run to run. It has one type and one shape.
)"},
    {"savedmodel.tag", "No graph of that tag",
     "  A SavedModel may hold several graphs; --tag chooses one, serve without it.\n"},
    {"savedmodel.variable", "A variable without a value",
     R"(  The checkpoint has no tensor for it, and nothing initialises it when the model is loaded; or two
  descriptions of the model disagree.
)"},
    {"savedmodel.wire", "A damaged file", "  The protobuf encoding is broken or cut off.\n"},
    {"torchscript.argument", "--arg does not fit the model",
     "  It gives a number or a text that forward takes, by its name.\n"},
    {"torchscript.call", "A function is called without one of its arguments",
     "  The source in the archive does not fit together.\n"},
    {"torchscript.class", "A class without source",
     R"(  Objects of classes that are written in C++, such as the packed weights of quantised layers, hold
  nothing that could be compiled.
)"},
    {"torchscript.complex", "A complex number where none is supported",
     R"(  Complex tensors are two of real numbers. What moves elements, sums, products, abs, angle and the
  transforms of signals take them; all else takes torch.view_as_real of them. Outputs are real.
)"},
    {"torchscript.depth", "Functions call each other too deeply",
     "  Calls are inlined, so that their depth is limited; recursion has no end here.\n"},
    {"torchscript.entry", "A module without forward",
     "  forward is what is compiled. Script or trace a module that has it.\n"},
    {"torchscript.file", "A file that is not a TorchScript model",
     R"(  The message says what it is instead, or where it is damaged. What torch.save writes has weights
  and no program: torch.jit.script(model).save('model.pt') has both.
)"},
    {"torchscript.in_place", "A write in place that cannot be followed",
     R"(  Writes become values here, so it must be known what shares memory. reshape() makes a view or a
  copy, whichever the memory allows; an expanded tensor has several places for one element.
)"},
    {"torchscript.input", "An input without a shape, or of a type that is not supported",
     R"(  A TorchScript model holds no shapes. torch.jit.trace stores its example inputs; otherwise
  --input-shape x:1x3x224x224 gives them, with the type if it is not f32: ids:1x128xi64.
)"},
    {"torchscript.merge", "A value that differs on two ways through the program",
     R"(  Which way is taken, only the run decides; what follows needs one type, shape and form for both.
)"},
    {"torchscript.method", "A method that is not there",
     "  The source in the archive has no method of that name in the class.\n"},
    {"torchscript.operator", "An operator that burin does not have",
     R"(  The model is valid, but burin cannot compile this operator. `burin ops` lists what it can, by
  operator and overload.
)"},
    {"torchscript.output", "An output that is not there, or is no tensor",
     R"(  Outputs are tensors and numbers, in tuples, lists and dicts: output, output.0, output.KEY.
)"},
    {"torchscript.overload", "A call that fits no overload",
     R"(  The types of the arguments fit none of the overloads that burin knows. `burin ops` lists them.
)"},
    {"torchscript.raise", "The program always ends in an exception",
     R"(  With these shapes the model raises what the message says. Other shapes may be what it is for.
)"},
    {"torchscript.state", "A state that changes its form, or does not fit",
     R"(  What the module assigns to an attribute, or writes into a buffer, is state between runs. It must
  have one type and shape from the first run on.
)"},
    {"torchscript.syntax", "Source that PyTorch does not print",
     "  The code in the archive is damaged, or was edited by hand.\n"},
};

constexpr Topic kText{
    "text", "The text form of a module (.gir)",
    R"(  The file is a .gir module, and the message gives the line and the column of what does not fit. The
  grammar is in docs/ir.md.
)"};

constexpr Topic kParameter{
    "", "A parameter of a node that does not fit",
    R"(  The last word names the attribute or the input. The message says what it is and what the operator's
  specification, or burin, expects.
)"};

} // namespace

std::span<const Topic> allCodes() { return kCodes; }

std::string codeHelp(std::string_view code) {
  const auto it = std::ranges::find(kCodes, code, &Topic::name);
  if (it != std::end(kCodes))
    return fmt::format("{}: {}\n\n{}", it->name, it->title, it->text);
  const std::string_view owner = code.substr(0, code.find('.'));
  if (owner == code)
    return {};
  if (owner == kText.name)
    return fmt::format("{}: {}\n\n{}", code, kText.title, kText.text);
  if (owner == "onnx" || owner == "savedmodel")
    return fmt::format("{}: {}\n\n{}", code, kParameter.title, kParameter.text);
  const ir::OpDef *op = ir::findOp(owner);
  if (!op)
    return {};
  return fmt::format(
      "{}: a constraint of the op {}\n\n"
      "  {}\n"
      "  The types or attributes of the node break one of its constraints; the message "
      "says which,\n  with the values. The model is invalid, or burin reads it "
      "wrongly, which is a bug to report.\n",
      code, op->name, op->doc);
}

} // namespace burin::cli
