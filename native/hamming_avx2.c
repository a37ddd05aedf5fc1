// SPDX-License-Identifier: Apache-2.0
// AVX2: bits are counted by nibble with a byte shuffle; every AVX2 processor also has POPCNT.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "hamming_isa.h"

#define AVX2 __attribute__((target("avx2,popcnt,bmi")))

AVX2 static inline __m256i popcount_u8x32(__m256i v) {
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                           2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(v, nibble));
    __m256i high = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble));
    return _mm256_add_epi8(low, high);
}

// Reads up to 15 tags past `end`; NAHMI_TAG_PADDING keeps that inside the table.
AVX2 static uint32_t filter_tags_u16_avx2(const uint16_t *tags, uint32_t begin, uint32_t end,
                                          uint16_t tag, int bound, uint32_t *out) {
    const __m256i wanted = _mm256_set1_epi16((short)tag);
    const __m256i above = _mm256_set1_epi16((short)(bound + 1));
    const __m256i ones = _mm256_set1_epi8(1);
    uint32_t found = 0;
    for (uint32_t p = begin; p < end; p += 16) {
        __m256i diff_u16x16 = _mm256_xor_si256(_mm256_loadu_si256((const void *)(tags + p)), wanted);
        __m256i bits_u16x16 = _mm256_maddubs_epi16(popcount_u8x32(diff_u16x16), ones);
        uint32_t near = (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi16(above, bits_u16x16));
        if (end - p < 16) near &= (1u << (2 * (end - p))) - 1;
        for (near &= 0x55555555u; near; near &= near - 1)
            out[found++] = p + (uint32_t)__builtin_ctz(near) / 2;
    }
    return found;
}

AVX2 static unsigned distance_u256_avx2(const void *a, const void *b) {
    uint64_t x[4], y[4];
    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    return (unsigned)(__builtin_popcountll(x[0] ^ y[0]) + __builtin_popcountll(x[1] ^ y[1]) +
                      __builtin_popcountll(x[2] ^ y[2]) + __builtin_popcountll(x[3] ^ y[3]));
}

AVX2 static uint32_t scan_block_u256_avx2(const uint8_t *first, size_t stride, uint32_t n,
                                          int limit, const uint16_t *query, uint32_t base,
                                          uint32_t *out, uint16_t *distances) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < n; i++) {
        unsigned bits = distance_u256_avx2(first + i * stride, query);
        out[found] = base + i;
        distances[found] = (uint16_t)bits;
        found += bits <= (unsigned)limit;
    }
    return found;
}

const nahmi_hamming_kernels nahmi_hamming_avx2 = {filter_tags_u16_avx2, distance_u256_avx2,
                                                  scan_block_u256_avx2};
#endif
