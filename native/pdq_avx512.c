// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define TARGET __attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl")))
#define WIDE 16
typedef __m512 wide;
typedef __m512i wide_int;
#define wide_load _mm512_load_ps
#define wide_store _mm512_store_ps
#define wide_add _mm512_add_ps
#define wide_sub _mm512_sub_ps
#define wide_mul _mm512_mul_ps
#define wide_fma _mm512_fmadd_ps
#define wide_set _mm512_set1_ps
#define wide_unpack_low _mm512_unpacklo_ps
#define wide_unpack_high _mm512_unpackhi_ps
#define wide_shuffle _mm512_shuffle_ps
#define wide_from_int _mm512_cvtepi32_ps
#define wide_int_set _mm512_set1_epi32
#define wide_int_add _mm512_add_epi32
#define wide_int_madd _mm512_madd_epi16
#define wide_int_shuffle _mm512_shuffle_epi8
#define wide_int_spread _mm512_broadcast_i32x4

TARGET static inline wide wide_lanes(const float *p, size_t stride) {
    wide r = _mm512_castps128_ps512(_mm_loadu_ps(p));
    r = _mm512_insertf32x4(r, _mm_loadu_ps(p + stride), 1);
    r = _mm512_insertf32x4(r, _mm_loadu_ps(p + 2 * stride), 2);
    return _mm512_insertf32x4(r, _mm_loadu_ps(p + 3 * stride), 3);
}

TARGET static inline wide_int wide_int_lanes(const uint8_t *p, size_t stride) {
    wide_int r = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)p));
    r = _mm512_inserti32x4(r, _mm_loadu_si128((const __m128i *)(p + stride)), 1);
    r = _mm512_inserti32x4(r, _mm_loadu_si128((const __m128i *)(p + 2 * stride)), 2);
    return _mm512_inserti32x4(r, _mm_loadu_si128((const __m128i *)(p + 3 * stride)), 3);
}

TARGET static inline wide_int wide_int_grey(const uint8_t *p, size_t stride) {
    int32_t lanes[4];
    for (unsigned l = 0; l < 4; l++) memcpy(&lanes[l], p + l * stride, sizeof *lanes);
    return _mm512_cvtepu8_epi32(_mm_set_epi32(lanes[3], lanes[2], lanes[1], lanes[0]));
}

#include "pdq_simd.h"

void nahmi_pdq_grid_avx512(const nahmi_picture *picture, float *scratch, float grid[GRID][GRID]) {
    if (picture->width == GRID && picture->height == GRID)
        nahmi_pdq_grid_serial(picture, scratch, grid);
    else
        grid_of(picture, scratch, grid);
}
#endif
