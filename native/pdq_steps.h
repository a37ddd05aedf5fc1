// SPDX-License-Identifier: Apache-2.0
// The steps of PDQ that the files of this folder share.
#pragma once

#include "pdq.h"

enum { GRID = NAHMI_PDQ_GRID };

// A box filter along one axis (what the reference calls a Jarosz pass). The value at i is the mean
// of [i - left, i + right], as far as that lies inside the picture.
typedef struct {
    uint32_t length;       // samples along the axis
    uint32_t window;       // left + 1 + right
    uint32_t left, right;
} nahmi_box;

static inline nahmi_box nahmi_box_for(uint32_t length) {
    uint32_t window = (length + 2 * GRID - 1) / (2 * GRID);
    uint32_t half = (window + 2) / 2;
    nahmi_box box = {length, window, window - half, half - 1};
    return box;
}

// Which of `length` samples the grid takes at place i: the one at the centre of its cell.
static inline uint32_t nahmi_grid_place(unsigned i, uint32_t length) {
    return (uint32_t)(((i + 0.5) * length) / GRID);
}

// Luminance of a pixel, 0..255: 0.299 R + 0.587 G + 0.114 B, rounded once to single precision. The
// numerator is a whole number below 2^24, so this is what any exact computation rounds to, in any
// order and language.
static inline float nahmi_luminance(const uint8_t *pixel, unsigned channels) {
    if (channels == 1) return (float)pixel[0];
    return (float)(299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2]) / 1000.0f;
}

// Filter a picture twice along each axis and sample it on the grid.
typedef void (*nahmi_pdq_grid_fn)(const nahmi_picture *picture, float *scratch,
                                  float grid[GRID][GRID]);

void nahmi_pdq_grid_serial(const nahmi_picture *picture, float *scratch, float grid[GRID][GRID]);
#if defined(__x86_64__)
void nahmi_pdq_grid_avx2(const nahmi_picture *picture, float *scratch, float grid[GRID][GRID]);
void nahmi_pdq_grid_avx512(const nahmi_picture *picture, float *scratch, float grid[GRID][GRID]);
#endif

// From the grid to the hash: quality, frequencies, median, bits.
void nahmi_pdq_finish(float grid[GRID][GRID], nahmi_pdq_hash *hash);
