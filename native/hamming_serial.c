// SPDX-License-Identifier: Apache-2.0
// The definition of the inner loops, one row or tag at a time.
#include <string.h>

#include "hamming_isa.h"

static uint32_t filter_tags_u16_serial(const uint16_t *tags, uint32_t begin, uint32_t end,
                                       uint16_t tag, int bound, uint32_t *out) {
    uint32_t found = 0;
    for (uint32_t p = begin; p < end; p++) {
        out[found] = p;
        found += __builtin_popcount((unsigned)(tags[p] ^ tag)) <= bound;
    }
    return found;
}

static unsigned distance_u256_serial(const void *a, const void *b) {
    uint64_t x[4], y[4];
    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    unsigned bits = 0;
    for (int i = 0; i < 4; i++) bits += (unsigned)__builtin_popcountll(x[i] ^ y[i]);
    return bits;
}

static uint32_t scan_block_u256_serial(const uint8_t *first, size_t stride, uint32_t n, int limit,
                                       const uint16_t *query, uint32_t base, uint32_t *out,
                                       uint16_t *distances) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < n; i++) {
        unsigned bits = distance_u256_serial(first + i * stride, query);
        out[found] = base + i;
        distances[found] = (uint16_t)bits;
        found += bits <= (unsigned)limit;
    }
    return found;
}

const nahmi_hamming_kernels nahmi_hamming_serial = {
    filter_tags_u16_serial, distance_u256_serial, scan_block_u256_serial};
