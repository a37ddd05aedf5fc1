// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define TARGET __attribute__((target("avx2,fma")))
#define WIDE 8
typedef __m256 wide;
typedef __m256i wide_int;
#define wide_load _mm256_load_ps
#define wide_store _mm256_store_ps
#define wide_add _mm256_add_ps
#define wide_sub _mm256_sub_ps
#define wide_mul _mm256_mul_ps
#define wide_fma _mm256_fmadd_ps
#define wide_set _mm256_set1_ps
#define wide_unpack_low _mm256_unpacklo_ps
#define wide_unpack_high _mm256_unpackhi_ps
#define wide_shuffle _mm256_shuffle_ps
#define wide_from_int _mm256_cvtepi32_ps
#define wide_int_set _mm256_set1_epi32
#define wide_int_add _mm256_add_epi32
#define wide_int_madd _mm256_madd_epi16
#define wide_int_shuffle _mm256_shuffle_epi8
#define wide_int_spread _mm256_broadcastsi128_si256

TARGET static inline wide wide_lanes(const float *p, size_t stride) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)),
                                _mm_loadu_ps(p + stride), 1);
}

TARGET static inline wide_int wide_int_lanes(const uint8_t *p, size_t stride) {
    return _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)p)),
        _mm_loadu_si128((const __m128i *)(p + stride)), 1);
}

TARGET static inline wide_int wide_int_grey(const uint8_t *p, size_t stride) {
    int32_t a, b;
    memcpy(&a, p, sizeof a);
    memcpy(&b, p + stride, sizeof b);
    return _mm256_cvtepu8_epi32(_mm_set_epi32(0, 0, b, a));
}

#include "pdq_simd.h"

void nahmi_pdq_grid_avx2(const nahmi_picture *picture, float *scratch, float grid[GRID][GRID]) {
    if (picture->width == GRID && picture->height == GRID)
        nahmi_pdq_grid_serial(picture, scratch, grid);
    else
        grid_of(picture, scratch, grid);
}
#endif
