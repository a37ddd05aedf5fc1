// SPDX-License-Identifier: Apache-2.0
// AArch64 Advanced SIMD: CNT counts bits in bytes, pairwise adds widen the counts.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "hamming_isa.h"

// Reads up to 7 tags past `end`; NAHMI_TAG_PADDING keeps that inside the table.
static uint32_t filter_tags_u16_neon(const uint16_t *tags, uint32_t begin, uint32_t end,
                                     uint16_t tag, int bound, uint32_t *out) {
    const uint16x8_t wanted = vdupq_n_u16(tag);
    const uint16x8_t most = vdupq_n_u16((uint16_t)bound);
    uint32_t found = 0;
    for (uint32_t p = begin; p < end; p += 8) {
        uint16x8_t diff_u16x8 = veorq_u16(vld1q_u16(tags + p), wanted);
        uint16x8_t bits_u16x8 = vpaddlq_u8(vcntq_u8(vreinterpretq_u8_u16(diff_u16x8)));
        uint64_t near = vget_lane_u64(
            vreinterpret_u64_u8(vmovn_u16(vcleq_u16(bits_u16x8, most))), 0);
        if (end - p < 8) near &= (UINT64_C(1) << (8 * (end - p))) - 1;
        for (near &= UINT64_C(0x0101010101010101); near; near &= near - 1)
            out[found++] = p + (uint32_t)__builtin_ctzll(near) / 8;
    }
    return found;
}

static unsigned distance_u256_neon(const void *a, const void *b) {
    const uint8_t *x = a, *y = b;
    uint8x16_t low = vcntq_u8(veorq_u8(vld1q_u8(x), vld1q_u8(y)));
    uint8x16_t high = vcntq_u8(veorq_u8(vld1q_u8(x + 16), vld1q_u8(y + 16)));
    return vaddlvq_u8(vaddq_u8(low, high));
}

static uint32_t scan_block_u256_neon(const uint8_t *first, size_t stride, uint32_t n, int limit,
                                     const uint16_t *query, uint32_t base, uint32_t *out,
                                     uint16_t *distances) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < n; i++) {
        unsigned bits = distance_u256_neon(first + i * stride, query);
        out[found] = base + i;
        distances[found] = (uint16_t)bits;
        found += bits <= (unsigned)limit;
    }
    return found;
}

const nahmi_hamming_kernels nahmi_hamming_neon = {filter_tags_u16_neon, distance_u256_neon,
                                                  scan_block_u256_neon};
#endif
