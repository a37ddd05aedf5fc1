// SPDX-License-Identifier: Apache-2.0
#include "cpu.h"

int nahmi_cpu_supports(nahmi_isa isa) {
    switch (isa) {
    case NAHMI_ISA_SERIAL:
        return 1;
#if defined(__x86_64__)
    case NAHMI_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case NAHMI_ISA_AVX512:
        return nahmi_cpu_supports(NAHMI_ISA_AVX2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bitalg") &&
               __builtin_cpu_supports("avx512vpopcntdq");
#endif
#if defined(__aarch64__)
    case NAHMI_ISA_NEON:
        return 1;
#endif
    default:
        return 0;
    }
}

nahmi_isa nahmi_cpu_best(void) {
    static const nahmi_isa by_preference[] = {NAHMI_ISA_AVX512, NAHMI_ISA_AVX2, NAHMI_ISA_NEON};
    for (unsigned i = 0; i < sizeof by_preference / sizeof *by_preference; i++)
        if (nahmi_cpu_supports(by_preference[i]))
            return by_preference[i];
    return NAHMI_ISA_SERIAL;
}
