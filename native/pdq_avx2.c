// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define WIDE 8
typedef __m256 wide;
#define wide_load _mm256_loadu_ps
#define wide_store _mm256_storeu_ps
#define wide_add _mm256_add_ps
#define wide_sub _mm256_sub_ps
#define wide_set _mm256_set1_ps

// Division is slow; multiplying by the reciprocal and correcting twice by the remainder (which a
// fused multiply-add gives exactly) rounds as division does.
TARGET static inline wide wide_quotient(wide sum, wide count, wide reciprocal) {
    wide q = _mm256_mul_ps(sum, reciprocal);
    q = _mm256_fmadd_ps(_mm256_fnmadd_ps(q, count, sum), reciprocal, q);
    return _mm256_fmadd_ps(_mm256_fnmadd_ps(q, count, sum), reciprocal, q);
}

#include "pdq_simd.h"

void nahmi_pdq_grid_avx2(const nahmi_picture *picture, float *scratch, float grid[GRID][GRID]) {
    if (picture->width == GRID && picture->height == GRID)
        nahmi_pdq_grid_serial(picture, scratch, grid);
    else
        grid_of(picture, scratch, grid);
}
#endif
