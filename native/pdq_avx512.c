// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl")))
#define WIDE 16
typedef __m512 wide;
#define wide_load _mm512_loadu_ps
#define wide_store _mm512_storeu_ps
#define wide_add _mm512_add_ps
#define wide_sub _mm512_sub_ps
#define wide_set _mm512_set1_ps

// As in pdq_avx2.c.
TARGET static inline wide wide_quotient(wide sum, wide count, wide reciprocal) {
    wide q = _mm512_mul_ps(sum, reciprocal);
    q = _mm512_fmadd_ps(_mm512_fnmadd_ps(q, count, sum), reciprocal, q);
    return _mm512_fmadd_ps(_mm512_fnmadd_ps(q, count, sum), reciprocal, q);
}

#include "pdq_simd.h"

void nahmi_pdq_grid_avx512(const nahmi_picture *picture, float *scratch, float grid[GRID][GRID]) {
    if (picture->width == GRID && picture->height == GRID)
        nahmi_pdq_grid_serial(picture, scratch, grid);
    else
        grid_of(picture, scratch, grid);
}
#endif
