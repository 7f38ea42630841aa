// SPDX-License-Identifier: Apache-2.0
//
// Where ops are made while a program is evaluated, and what has changed since a branch began: a
// branch on a value of the run is evaluated both ways, from the same state.
#pragma once

#include "frontend/torchscript/host.h"
#include "ir/builder.h"
#include "ir/evaluator.h"

namespace burin::torchscript {

/// What a branch changed, by what it was before.
struct Journal {
  struct TensorChange {
    TensorRef tensor;
    ir::Value *before;
  };
  struct CellChange {
    CellRef cell;
    std::vector<Host> before;
  };
  std::vector<TensorChange> tensors; ///< each once, in the order of the first change
  std::vector<CellChange> cells;
};

class Evaluation {
public:
  Evaluation(ir::Module &, ir::Block &, const ir::Evaluator *);

  ir::Module &module() const { return module_; }
  ir::Builder &to() { return *open_.back().to; }

  // ---- tensors ----
  /// A tensor of its own memory.
  Host make(ir::Value *);
  ir::Value *valueOf(const TensorRef &);
  /// An in-place write: also into what the tensor is a view of.
  void write(const TensorRef &, ir::Value *);

  // ---- containers ----
  /// The items, to be changed.
  std::vector<Host> &change(const CellRef &);

  // ---- numbers ----
  /// A tensor of one element as a number: known if its contents are.
  Host numberOf(ir::Value *);
  /// A number as rank 0; i64, f64 or bool.
  ir::Value *scalarOf(const Host &);
  /// A value computed from constants alone as a constant; null for all others.
  const ir::Value *constantOf(ir::Value *);

  // ---- blocks ----
  /// Ops are made in `block`, and changes noted, until the end of the object.
  class Inside {
  public:
    Inside(Evaluation &, ir::Block &);
    ~Inside();
    Inside(const Inside &) = delete;
    uint64_t since() const { return since_; }
    const Journal &journal() const { return evaluation_.open_.back().journal; }
    /// What changed of what is older than the block; then all of it is as before.
    Journal undo();

  private:
    Evaluation &evaluation_;
    uint64_t since_;
  };

private:
  friend class Tensor;
  struct Open {
    uint64_t id;
    std::unique_ptr<ir::Builder> to;
    Journal journal;
  };
  bool isOpen(uint64_t id) const;
  /// Whether a change of what is this old is to be noted.
  bool notes(uint64_t serial) const { return open_.size() > 1 && serial < open_.back().id; }

  ir::Module &module_;
  const ir::Evaluator *evaluator_;
  std::vector<Open> open_;
};

/// A tensor of the program: a value that in-place writes replace, or a view of another tensor.
class Tensor {
public:
  using Forward = std::function<ir::Value *(ir::Builder &, ir::Value *base)>;
  /// The base with this part of it replaced.
  using Backward = std::function<ir::Value *(ir::Builder &, ir::Value *base, ir::Value *written)>;

  /// What a view is in memory. reshape() makes a copy instead where it cannot make a view: which of
  /// the two is not followed here, so that writes around such a tensor are refused.
  enum class Layout : uint8_t { contiguous, strided, copyOrView };

  explicit Tensor(ir::Value *value) : value_{value} {}
  Tensor(TensorRef base, Forward forward, Backward backward, Layout layout)
      : base_{std::move(base)}, forward_{std::move(forward)}, backward_{std::move(backward)},
        layout_{layout} {}

  const TensorRef &base() const { return base_; } ///< null unless a view
  bool isContiguous() const { return layout_ != Layout::strided; }
  const uint64_t serial = nextSerial();
  /// CONSTANTS.cN without axes: in a trace this is what a Python number became, and it counts as
  /// one where element types are joined.
  bool wasNumber = false;
  /// Another tensor of the archive lies in the same memory: a write into one would change both.
  bool sharesMemory = false;

private:
  friend class Evaluation;
  ir::Value *value_ = nullptr;
  TensorRef base_;
  Forward forward_;
  Backward backward_;
  Layout layout_ = Layout::contiguous;
  // Of a view: value_ was made of this value of the base, in this block.
  ir::Value *madeOf_ = nullptr;
  uint64_t madeIn_ = 0;
};

} // namespace burin::torchscript
