# SPDX-License-Identifier: Apache-2.0
"""Native kernels. They know nothing of nahmi: arrays in, arrays out."""

from nahmi.kernels._native import best_instruction_set, instruction_sets

__all__ = ["best_instruction_set", "instruction_sets"]
