// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "bindings.h"
#include "sandbox.h"

namespace nb = nanobind;

static std::vector<std::string> sandbox_enter() {
    const int layers = nahmi_sandbox_enter();
    std::vector<std::string> names;
    if (layers & NAHMI_LAYER_NO_NEW_PRIVILEGES) names.emplace_back("no_new_privileges");
    if (layers & NAHMI_LAYER_SYSTEM_CALLS) names.emplace_back("system_calls");
    return names;
}

void bind_sandbox(nb::module_ &m) {
    m.def("sandbox_enter", &sandbox_enter,
          "Lock this process in, for good: no more files, sockets or processes. Returns the names "
          "of the layers that are in force.");
}
