// SPDX-License-Identifier: Apache-2.0
// AVX-512: BITALG counts bits in 16-bit lanes, VPOPCNTDQ in 64-bit lanes.
#if defined(__x86_64__)
#include <immintrin.h>

#include "hamming_isa.h"

#define AVX512 \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512bitalg,avx512vpopcntdq,popcnt,bmi")))

AVX512 static uint32_t filter_tags_u16_avx512(const uint16_t *tags, uint32_t begin, uint32_t end,
                                              uint16_t tag, int bound, uint32_t *out) {
    const __m512i wanted = _mm512_set1_epi16((short)tag);
    const __m512i most = _mm512_set1_epi16((short)bound);
    uint32_t found = 0;
    for (uint32_t p = begin; p < end; p += 32) {
        uint32_t left = end - p;
        __mmask32 inside = left < 32 ? (__mmask32)((1u << left) - 1) : 0xFFFFFFFFu;
        __m512i diff_u16x32 =
            _mm512_xor_si512(_mm512_maskz_loadu_epi16(inside, tags + p), wanted);
        __m512i bits_u16x32 = _mm512_popcnt_epi16(diff_u16x32);
        uint32_t near = _mm512_mask_cmple_epu16_mask(inside, bits_u16x32, most);
        for (; near; near &= near - 1) out[found++] = p + (uint32_t)__builtin_ctz(near);
    }
    return found;
}

AVX512 static inline unsigned sum_u64x4(__m256i v) {
    __m128i halves = _mm_add_epi64(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    return (unsigned)_mm_cvtsi128_si64(halves) + (unsigned)_mm_extract_epi64(halves, 1);
}

AVX512 static unsigned distance_u256_avx512(const void *a, const void *b) {
    __m256i diff = _mm256_xor_si256(_mm256_loadu_si256(a), _mm256_loadu_si256(b));
    return sum_u64x4(_mm256_popcnt_epi64(diff));
}

AVX512 static uint32_t scan_block_u256_avx512(const uint8_t *first, size_t stride, uint32_t n,
                                              int limit, const uint16_t *query, uint32_t base,
                                              uint32_t *out, uint16_t *distances) {
    const __m256i wanted = _mm256_loadu_si256((const void *)query);
    uint32_t found = 0;
    for (uint32_t i = 0; i < n; i++) {
        __m256i row = _mm256_loadu_si256((const void *)(first + i * stride));
        unsigned bits = sum_u64x4(_mm256_popcnt_epi64(_mm256_xor_si256(row, wanted)));
        out[found] = base + i;
        distances[found] = (uint16_t)bits;
        found += bits <= (unsigned)limit;
    }
    return found;
}

const nahmi_hamming_kernels nahmi_hamming_avx512 = {filter_tags_u16_avx512, distance_u256_avx512,
                                                    scan_block_u256_avx512};
#endif
