// SPDX-License-Identifier: Apache-2.0
// The Python module of the kernels. Each family of kernels binds itself in a file of its own.
#include "bindings.h"

NB_MODULE(_native, m) {
    m.doc() = "Native kernels of nahmi; use them through nahmi.kernels.";
    bind_cpu(m);
    bind_pdq(m);
    bind_sandbox(m);
    bind_hamming(m);
}
