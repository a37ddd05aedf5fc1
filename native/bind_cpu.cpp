// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "bindings.h"
#include "cpu.h"

namespace nb = nanobind;

static const char *const ISA_NAMES[] = {"serial", "avx2", "avx512", "neon"};

static std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (int isa = NAHMI_ISA_SERIAL; isa <= NAHMI_ISA_NEON; isa++)
        if (nahmi_cpu_supports(static_cast<nahmi_isa>(isa))) names.emplace_back(ISA_NAMES[isa]);
    return names;
}

nahmi_isa isa_from_name(const std::string &name) {
    if (name == "auto") return nahmi_cpu_best();
    for (int isa = NAHMI_ISA_SERIAL; isa <= NAHMI_ISA_NEON; isa++)
        if (name == ISA_NAMES[isa]) {
            if (!nahmi_cpu_supports(static_cast<nahmi_isa>(isa)))
                throw nb::value_error("this processor does not support that instruction set");
            return static_cast<nahmi_isa>(isa);
        }
    throw nb::value_error("unknown instruction set: use auto, serial, avx2, avx512 or neon");
}

void bind_cpu(nb::module_ &m) {
    m.def("instruction_sets", &instruction_sets,
          "Names of the instruction sets that this processor runs, most portable first.");
    m.def("best_instruction_set", [] { return std::string(ISA_NAMES[nahmi_cpu_best()]); },
          "The instruction set that the kernels choose on this processor.");
}
