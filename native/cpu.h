// SPDX-License-Identifier: Apache-2.0
// Which instruction sets this processor (and its operating system) can run.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Ordered from most portable to most specialised. A kernel picks the highest one that it has code
// for and that the processor supports; tests ask for each of them by name.
typedef enum {
    NAHMI_ISA_SERIAL = 0,
    NAHMI_ISA_AVX2 = 1,    // AVX2 and FMA
    NAHMI_ISA_AVX512 = 2,  // AVX-512 F, BW, VL, BITALG and VPOPCNTDQ: Ice Lake, Zen 4 and later
    NAHMI_ISA_NEON = 3,    // AArch64 Advanced SIMD
} nahmi_isa;

// 1 when the processor runs `isa`, else 0. NAHMI_ISA_SERIAL is always 1.
int nahmi_cpu_supports(nahmi_isa isa);

// The best instruction set that this processor runs.
nahmi_isa nahmi_cpu_best(void);

#ifdef __cplusplus
}
#endif
