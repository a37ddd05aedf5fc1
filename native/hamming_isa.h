// SPDX-License-Identifier: Apache-2.0
// The two inner loops that exist once per instruction set; hamming.c holds everything else.
#pragma once

#include "hamming.h"

// Positions p in [begin, end) whose tags[p] differs from `tag` in at most `bound` bits, ascending,
// into `out`; how many. `out` takes end - begin of them. bound: 0..16.
typedef uint32_t (*nahmi_filter_tags_fn)(const uint16_t *tags, uint32_t begin, uint32_t end,
                                         uint16_t tag, int bound, uint32_t *out);

// Hamming distance of two rows in bits; either pointer may be unaligned.
typedef unsigned (*nahmi_distance_fn)(const void *a, const void *b);

// Rows among the n at `first` whose distance to `query` is at most `limit`: numbers from `base`
// upwards into `out` and distances into `distances`, both with room for n; how many.
typedef uint32_t (*nahmi_scan_block_fn)(const uint8_t *first, size_t stride, uint32_t n, int limit,
                                        const uint16_t *query, uint32_t base, uint32_t *out,
                                        uint16_t *distances);

typedef struct {
    nahmi_filter_tags_fn filter_tags;
    nahmi_distance_fn distance;
    nahmi_scan_block_fn scan_block;
} nahmi_hamming_kernels;

extern const nahmi_hamming_kernels nahmi_hamming_serial;
#if defined(__x86_64__)
extern const nahmi_hamming_kernels nahmi_hamming_avx2;
extern const nahmi_hamming_kernels nahmi_hamming_avx512;
#endif
#if defined(__aarch64__)
extern const nahmi_hamming_kernels nahmi_hamming_neon;
#endif
