// SPDX-License-Identifier: Apache-2.0
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "bindings.h"
#include "sandbox.h"

namespace nb = nanobind;

static std::vector<std::string> names_of(int layers) {
    std::vector<std::string> names;
    if (layers & NAHMI_LAYER_NO_NEW_PRIVILEGES) names.emplace_back("no_new_privileges");
    if (layers & NAHMI_LAYER_SYSTEM_CALLS) names.emplace_back("system_calls");
    if (layers & NAHMI_LAYER_FILES) names.emplace_back("files");
    return names;
}

static std::vector<std::string> sandbox_enter() { return names_of(nahmi_sandbox_enter()); }

static std::vector<std::string> sandbox_confine(const std::vector<std::string> &readable) {
    std::vector<const char *> paths;
    for (const std::string &path : readable) paths.push_back(path.c_str());
    paths.push_back(nullptr);
    return names_of(nahmi_sandbox_confine(paths.data()));
}

void bind_sandbox(nb::module_ &m) {
    m.def("sandbox_enter", &sandbox_enter,
          "Lock this process in, for good: no more files, sockets or processes. Returns the names "
          "of the layers that are in force.");
    m.def("sandbox_confine", &sandbox_confine, nb::arg("readable"),
          "Confine this process, for good: it may call other machines and read below these paths; "
          "no other files, local sockets or processes. Returns the names of the layers that are in "
          "force.");
}
