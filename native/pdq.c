// SPDX-License-Identifier: Apache-2.0
// From the 64 x 64 grid to the hash, and the choice of instruction set for what comes before.
//
// Every sum keeps the order of the reference implementation (facebook/ThreatExchange, pdq/cpp), so
// that the same pixels give the same bits. Where loops run over lanes, each lane is a sum of its
// own.
#include "pdq.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pdq_steps.h"

enum { FREQUENCIES = 16, HASH_BITS = FREQUENCIES * FREQUENCIES };

// Row i holds cosine i + 1: the constant frequency 0 is left out. Held both ways round, so that
// both products run along rows.
static float cosines[FREQUENCIES][GRID];
static float cosines_by_place[GRID][FREQUENCIES];

__attribute__((constructor)) static void fill_cosines(void) {
    const double pi = 3.14159265358979323846;
    const float scale = (float)sqrt(2.0 / GRID);
    for (int i = 0; i < FREQUENCIES; i++)
        for (int j = 0; j < GRID; j++) {
            double angle = (pi / 2.0 / (double)GRID) * (i + 1) * (2 * j + 1);
            cosines[i][j] = (float)(scale * cos(angle));
            cosines_by_place[j][i] = cosines[i][j];
        }
}

// How much neighbouring places differ, in hundredths of the brightness range: a picture without
// edges has nothing to recognise it by. The divisor is the reference's heuristic.
static int quality_of(float grid[GRID][GRID]) {
    int sum = 0;
    for (int i = 0; i < GRID - 1; i++)
        for (int j = 0; j < GRID; j++)
            sum += abs((int)(((grid[i][j] - grid[i + 1][j]) * 100) / 255));
    for (int i = 0; i < GRID; i++)
        for (int j = 0; j < GRID - 1; j++)
            sum += abs((int)(((grid[i][j] - grid[i][j + 1]) * 100) / 255));
    int quality = sum / 90;
    return quality < 100 ? quality : 100;
}

static void frequencies_of(float grid[GRID][GRID], float out[FREQUENCIES][FREQUENCIES]) {
    float half[FREQUENCIES][GRID] = {{0}};
    for (int i = 0; i < FREQUENCIES; i++)
        for (int k = 0; k < GRID; k++) {
            const float c = cosines[i][k];
            for (int j = 0; j < GRID; j++) half[i][j] += c * grid[k][j];
        }
    memset(out, 0, sizeof(float[FREQUENCIES][FREQUENCIES]));
    for (int i = 0; i < FREQUENCIES; i++)
        for (int k = 0; k < GRID; k++) {
            const float h = half[i][k];
            for (int j = 0; j < FREQUENCIES; j++) out[i][j] += h * cosines_by_place[k][j];
        }
}

static int by_value(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// The lower of the two middle values, which is what the reference's search arrives at.
static float lower_median(const float *values) {
    float sorted[HASH_BITS];
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, HASH_BITS, sizeof *sorted, by_value);
    return sorted[HASH_BITS / 2 - 1];
}

void nahmi_pdq_finish(float grid[GRID][GRID], nahmi_pdq_hash *hash) {
    float frequencies[FREQUENCIES][FREQUENCIES];
    hash->quality = quality_of(grid);
    frequencies_of(grid, frequencies);
    const float median = lower_median(&frequencies[0][0]);
    for (int i = 0; i < FREQUENCIES; i++) {
        unsigned word = 0;
        for (int j = 0; j < FREQUENCIES; j++) word |= (unsigned)(frequencies[i][j] > median) << j;
        // The text begins with the last word.
        uint8_t *text = hash->bytes + 2 * (FREQUENCIES - 1 - i);
        text[0] = (uint8_t)(word >> 8);
        text[1] = (uint8_t)word;
    }
}

static nahmi_pdq_grid_fn grid_for(nahmi_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case NAHMI_ISA_AVX512:
        return nahmi_pdq_grid_avx512;
    case NAHMI_ISA_AVX2:
        return nahmi_pdq_grid_avx2;
#endif
    default:
        return nahmi_pdq_grid_serial;
    }
}

// The definition holds two planes. With SIMD there are two rings of columns, a ring of rows, sums and
// a plane of 64 columns; see grid_of in pdq_simd.h.
size_t nahmi_pdq_scratch(nahmi_isa isa, uint32_t height, uint32_t width) {
    if (isa == NAHMI_ISA_SERIAL || isa == NAHMI_ISA_NEON || (width == GRID && height == GRID))
        return 2 * (size_t)height * width;
    const size_t window_x = nahmi_box_for(width).window, window_y = nahmi_box_for(height).window;
    const size_t rows = (size_t)height + window_y + 32, columns = (size_t)width + 32;
    return 2 * 32 * (2 * window_x + 128) + (window_y + 33) * columns + GRID * rows + 16 +
           32 * (size_t)width;
}

void nahmi_pdq(nahmi_isa isa, const nahmi_picture *picture, float *scratch, nahmi_pdq_hash *hash) {
    memset(hash, 0, sizeof *hash);
    if (picture->height < NAHMI_PDQ_SMALLEST || picture->width < NAHMI_PDQ_SMALLEST) return;
    float grid[GRID][GRID];
    grid_for(isa)(picture, scratch, grid);
    nahmi_pdq_finish(grid, hash);
}
