// SPDX-License-Identifier: Apache-2.0
//
// Recurrent cells. Expected: onnxruntime 1.31.
#include "tests/reference/test/run_op.h"

namespace burin::reference {
namespace {

constexpr int64_t kSteps = 4, kBatch = 3, kInputs = 2, kHidden = 2;
const Tensor kLengths = ints({kBatch}, {4, 1, 3});

struct Weights {
  std::vector<std::optional<Tensor>> operands; ///< x, w, r, bias, lengths, initial_h

  Weights(int64_t directions, int64_t gates)
      : operands{pattern({kSteps, kBatch, kInputs}, 7, 11),
                 pattern({directions, gates * kHidden, kInputs}, 5, 7),
                 pattern({directions, gates * kHidden, kHidden}, 3, 7),
                 pattern({directions, 2 * gates * kHidden}, 4, 5),
                 kLengths,
                 pattern({directions, kBatch, kHidden}, 2, 5)} {}
};

std::vector<ir::NamedAttr> attributes(const std::string &direction, ir::Strings activations,
                                      double clip = 0) {
  return {ir::attr::hidden(kHidden), ir::attr::direction(direction),
          ir::attr::activations(std::move(activations)), ir::attr::clip(clip)};
}

TEST(ReferenceRecurrent, LstmBothWaysWithLengthsAndPeepholes) {
  Weights weights{2, 4};
  weights.operands.push_back(pattern({2, kBatch, kHidden}, 3, 5));
  weights.operands.push_back(pattern({2, 3 * kHidden}, 3, 5));
  std::vector<ir::NamedAttr> attrs =
      attributes("bidirectional", {"Sigmoid", "Tanh", "Tanh", "Sigmoid", "Tanh", "Tanh"});
  attrs.push_back(ir::attr::inputForget(false));
  const std::vector<Tensor> out = runAll(ir::ops::lstm, weights.operands, attrs);
  EXPECT_EQ(out[0].shape(), (Extents{kSteps, 2, kBatch, kHidden}));
  expectNear(out[0], {0.1224804,
                      -0.13404186,
                      -0.072699,
                      0.16557032,
                      -0.17421427,
                      0.13967001,
                      -0.12882762,
                      -0.19821692,
                      0.033305924,
                      -0.3103933,
                      -0.029958092,
                      -0.11472799,
                      0.2798064,
                      -0.09356823,
                      0,
                      0,
                      -0.16772898,
                      0.16211121,
                      -0.042604823,
                      -0.08275092,
                      0,
                      0,
                      0.05757953,
                      -0.24529466,
                      0.07587815,
                      -0.16583997,
                      0,
                      0,
                      -0.1415514,
                      0.1844407,
                      -0.030675862,
                      0.12382159,
                      0,
                      0,
                      0.06931646,
                      -0.29321703,
                      0.03370898,
                      -0.0822666,
                      0,
                      0,
                      0,
                      0,
                      -0.0058100238,
                      0.08137983,
                      0,
                      0,
                      0,
                      0});
  expectNear(out[1],
             {0.03370898, -0.0822666, -0.072699, 0.16557032, -0.1415514, 0.1844407, -0.12882762,
              -0.19821692, 0.033305924, -0.3103933, -0.029958092, -0.11472799});
  expectNear(out[2], {0.069074295, -0.1829603, -0.114399135, 0.43137968, -0.21017842, 0.48794836,
                      -0.415318, -0.24513339, 0.10418995, -0.60398686, -0.061314985, -0.23693505});
}

TEST(ReferenceRecurrent, LstmInReverseWithClipAndOtherActivations) {
  Weights weights{1, 4};
  weights.operands[5] = std::nullopt;
  std::vector<ir::NamedAttr> attrs =
      attributes("reverse", {"HardSigmoid", "Softsign", "Relu"}, 0.75);
  attrs.push_back(ir::attr::inputForget(true));
  const std::vector<Tensor> out = runAll(ir::ops::lstm, weights.operands, attrs);
  expectNear(out[0], {0.06752738, 0,          0, 0.06954546,  0, 0.059904933, 0.028898811, 0,
                      0,          0,          0, 0.09723706,  0, 0,           0,           0,
                      0,          0.07333334, 0, 0.034305554, 0, 0,           0,           0});
  expectNear(out[1], {0.06752738, 0, 0, 0.06954546, 0, 0.059904933});
  expectNear(out[2], {0.19293538, -0.28753185, -0.030882351, 0.16363637, -0.15514082, 0.119809866});
}

TEST(ReferenceRecurrent, LstmForwardWithoutOptions) {
  Weights weights{1, 4};
  weights.operands.resize(3);
  std::vector<ir::NamedAttr> attrs = attributes("forward", {"Sigmoid", "Tanh", "Tanh"});
  attrs.push_back(ir::attr::inputForget(false));
  const std::vector<Tensor> out = runAll(ir::ops::lstm, weights.operands, attrs);
  expectNear(out[0],
             {0.07974618,   -0.1148657,   -0.18255942,   0.094175704,  -0.13454846,  0,
              0.19627757,   -0.09263319,  -0.29808584,   0.16244717,   -0.23366754,  0.08145838,
              -0.014790858, -0.17547157,  -0.0040499694, -0.024420666, -0.31065813,  0.16251856,
              -0.12881169,  -0.102600835, 0.16456245,    -0.035093706, -0.029906983, -0.068656094});
  expectNear(out[2], {-0.26869294, -0.17407666, 0.3546065, -0.10079855, -0.08551782, -0.13938549});
}

std::vector<Tensor> gru(const std::string &direction, bool linearBeforeReset, double clip) {
  const bool isBoth = direction == "bidirectional";
  std::vector<ir::NamedAttr> attrs = attributes(
      direction,
      isBoth ? ir::Strings{"Sigmoid", "Tanh", "Sigmoid", "Tanh"} : ir::Strings{"Sigmoid", "Tanh"},
      clip);
  attrs.push_back(ir::attr::linearBeforeReset(linearBeforeReset));
  return runAll(ir::ops::gru, Weights{isBoth ? 2 : 1, 3}.operands, attrs);
}

TEST(ReferenceRecurrent, GruBothWays) {
  const std::vector<Tensor> out = gru("bidirectional", false, 0);
  expectNear(out[0], {0.7355615,
                      -0.22105744,
                      -0.0010491844,
                      0.42576903,
                      -0.09320265,
                      0.28724667,
                      -0.22449577,
                      0.28604007,
                      -0.116884395,
                      -0.509727,
                      0.17351751,
                      -0.8074943,
                      0.86319536,
                      -0.12311995,
                      0,
                      0,
                      -0.04453907,
                      0.32891032,
                      -0.033442736,
                      0.109364614,
                      0,
                      0,
                      0.011097003,
                      -0.7857793,
                      0.6366284,
                      0.12939586,
                      0,
                      0,
                      -0.04851982,
                      0.36085463,
                      0.22735822,
                      -0.632809,
                      0,
                      0,
                      -0.15769091,
                      -0.67107534,
                      0.5030025,
                      0.3014819,
                      0,
                      0,
                      0,
                      0,
                      0.24450651,
                      -0.43289465,
                      0,
                      0,
                      0,
                      0});
  expectNear(out[1], {0.5030025, 0.3014819, -0.0010491844, 0.42576903, -0.04851982, 0.36085463,
                      -0.22449577, 0.28604007, -0.116884395, -0.509727, 0.17351751, -0.8074943});
}
TEST(ReferenceRecurrent, GruLinearBeforeReset) {
  const std::vector<Tensor> out = gru("forward", true, 0.5);
  expectNear(out[0], {0.3820343,  -0.21388768, -0.048397683,
                      0.42576903, -0.15191579, 0.28072676,
                      0.4277515,  -0.12735313, 0,
                      0,          -0.13137786, 0.3150456,
                      0.35602808, 0.0951959,   0,
                      0,          -0.16028646, 0.3439879,
                      0.2651292,  0.2595915,   0,
                      0,          0,           0});
  expectNear(out[1], {0.2651292, 0.2595915, -0.048397683, 0.42576903, -0.16028646, 0.3439879});
}
TEST(ReferenceRecurrent, GruInReverse) {
  const std::vector<Tensor> out = gru("reverse", false, 0.5);
  expectNear(out[0], {0.43466872,
                      -0.07748043,
                      -0.001472848,
                      0.42576903,
                      -0.015075363,
                      0.33815128,
                      0.39373392,
                      -0.03289642,
                      0,
                      0,
                      -0.1236064,
                      0.32574487,
                      0.32562527,
                      0.17203219,
                      0,
                      0,
                      -0.2068998,
                      0.30667022,
                      0.28274524,
                      -0.0039132535,
                      0,
                      0,
                      0,
                      0});
}

TEST(ReferenceRecurrent, Rnn) {
  const std::vector<Tensor> both =
      runAll(ir::ops::rnn, Weights{2, 1}.operands, attributes("bidirectional", {"Tanh", "Relu"}));
  expectNear(both[0],
             {-0.7615942, -0.7039056,  0.6351489,  -0.24491864, 0.18533325, 0.41157007, 0,
              0,          0.6875,      0,          0.125,       0.3125,     -0.7177211, -0.84084606,
              0,          0,           0.50699556, -0.09030163, 0.203125,   0,          0,
              0,          0.25,        0,          -0.6384984,  0.2533667,  0,          0,
              0.40721977, -0.72679484, 0,          0.0625,      0,          0,          1,
              0,          0.30500162,  0.27873313, 0,           0,          0,          0,
              0.75,       0.75,        0,          0,           0,          0});
  expectNear(both[1], {0.30500162, 0.27873313, 0.6351489, -0.24491864, 0.40721977, -0.72679484, 0,
                       0, 0.6875, 0, 0.125, 0.3125});
  const std::vector<Tensor> reverse =
      runAll(ir::ops::rnn, Weights{1, 1}.operands, attributes("reverse", {"Elu"}, 0.5));
  expectNear(reverse[0],
             {-0.39346933, -0.39346933, 0.5, -0.22119921,  -0.25554436, 0.064290345, -0.057452798,
              -0.39346933, 0,           0,   -0.044100046, -0.39346933, -0.27840286, 0.4211076,
              0,           0,           0.5, -0.39346933,  -0.22119921, -0.2683844,  0,
              0,           0,           0});
  expectNear(reverse[1], {-0.39346933, -0.39346933, 0.5, -0.22119921, -0.25554436, 0.064290345});
}

/// What no step touches stays as it began.
TEST(ReferenceRecurrent, LengthZeroKeepsTheInitialState) {
  Weights weights{1, 1};
  weights.operands[4] = ints({kBatch}, {0, 0, 0});
  const std::vector<Tensor> out =
      runAll(ir::ops::rnn, weights.operands, attributes("forward", {"Tanh"}));
  expectNear(out[0], Numbers(kSteps * kBatch * kHidden));
  expectNear(out[1], numbers(*weights.operands[5]));
}

} // namespace
} // namespace burin::reference
