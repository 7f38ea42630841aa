# SPDX-License-Identifier: Apache-2.0
"""Writes structs.pt: nested inputs and outputs. Needs PyTorch."""
import pathlib
from typing import Dict, NamedTuple, Tuple

import torch

Statistics = NamedTuple("Statistics", [("mean", torch.Tensor), ("range", Tuple[torch.Tensor, torch.Tensor]),
                                       ("by_name", Dict[str, torch.Tensor])])


class Measure(torch.nn.Module):
    def forward(self, pair: Tuple[torch.Tensor, torch.Tensor], scale: torch.Tensor) -> Statistics:
        x = pair[0] * scale + pair[1]
        return Statistics(x.mean(1), (x.amin(1), x.amax(1)), {"sum": x.sum(1), "while": x * 2})


torch.jit.script(Measure()).save(pathlib.Path(__file__).parent / "structs.pt")
