// SPDX-License-Identifier: Apache-2.0
// One function a family of kernels; module.cpp calls them all.
#pragma once
#include <nanobind/nanobind.h>

#include <string>

#include "cpu.h"

// "auto", "serial", "avx2", "avx512" or "neon". Throws ValueError for names that are unknown or
// that this processor does not run.
nahmi_isa isa_from_name(const std::string &name);

void bind_cpu(nanobind::module_ &m);
void bind_sandbox(nanobind::module_ &m);
void bind_pdq(nanobind::module_ &m);
void bind_hamming(nanobind::module_ &m);
