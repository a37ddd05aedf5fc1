// SPDX-License-Identifier: Apache-2.0
// PDQ as a linear map. The two box filters along an axis and the sampling are one matrix of 64 rows
// with few entries each: grid = Y * picture * transpose(X). A mirrored picture has the columns of X
// in reverse, a transposed one the transposed grid, and a reduced one the columns of X added up that
// fall on each reduced pixel. So all eight orientations of a picture, reduced or not, need the
// picture to be read twice only.
#include <math.h>
#include <string.h>

#include "pdq_steps.h"

enum { LANES = 16 };

// One row of X or Y: weights for the samples from `first` on.
typedef struct {
    uint32_t first, count;
    const float *weights;
} taps;

// Box filter weights of the place i: samples [*first, *last], all equal.
static void box_range(const nahmi_box *box, uint32_t i, uint32_t *first, uint32_t *last) {
    *first = i > box->left ? i - box->left : 0;
    *last = i + box->right < box->length ? i + box->right : box->length - 1;
}

// How many full samples a reduced one stands for. JPEG reduces by eighths and rounds sizes up, so
// the ratio of the sizes would be a little off.
static double samples_each(uint32_t reduced, uint32_t full) {
    for (uint32_t eighths = 8; eighths >= 1; eighths--)
        if (((uint64_t)full * eighths + 7) / 8 == reduced) return 8.0 / eighths;
    return (double)full / reduced;
}

// Weights of the grid place `place`, reduced; returns the end of what it has written.
static float *taps_for(const nahmi_box *box, uint32_t reduced, double each, uint32_t place,
                       float *room, taps *out) {
    uint32_t outer_first, outer_last, first, last, unused;
    box_range(box, place, &outer_first, &outer_last);
    box_range(box, outer_first, &first, &unused);
    box_range(box, outer_last, &unused, &last);
    uint32_t r_first = (uint32_t)(first / each), r_last = (uint32_t)ceil((last + 1) / each) - 1;
    if (r_last >= reduced) r_last = reduced - 1;
    memset(room, 0, (r_last - r_first + 1) * sizeof *room);
    const double outer = 1.0 / (outer_last - outer_first + 1);
    for (uint32_t o = outer_first; o <= outer_last; o++) {
        uint32_t a, b;
        box_range(box, o, &a, &b);
        const double weight = outer / (b - a + 1);
        // The interval [a, b + 1) of full samples, in reduced ones, with its ends in part.
        double begin = a / each, end = (b + 1) / each;
        for (uint32_t r = (uint32_t)begin; r <= r_last && r < end; r++) {
            double from = begin > r ? begin : r, to = end < r + 1 ? end : r + 1;
            room[r - r_first] += (float)(weight * each * (to - from));
        }
    }
    *out = (taps){r_first, r_last - r_first + 1, room};
    return room + out->count;
}

// Two filters of window w reach over at most 2 w samples; windows are length / 128, so all rows
// together have about 2 length entries, and a few more at the ends.
static size_t taps_room(uint32_t length) { return 3 * (size_t)length + 8 * GRID; }

static float *matrix_for(uint32_t reduced, uint32_t full, float *room, taps rows[GRID]) {
    const nahmi_box box = nahmi_box_for(full);
    const double each = samples_each(reduced, full);
    for (unsigned i = 0; i < GRID; i++)
        room = taps_for(&box, reduced, each, nahmi_grid_place(i, full), room, &rows[i]);
    return room;
}

// The matrix of the mirrored picture.
static float *mirror(const taps rows[GRID], uint32_t length, float *room, taps mirrored[GRID]) {
    for (unsigned i = 0; i < GRID; i++) {
        const taps *t = &rows[i];
        for (uint32_t k = 0; k < t->count; k++) room[k] = t->weights[t->count - 1 - k];
        mirrored[i] = (taps){length - t->first - t->count, t->count, room};
        room += t->count;
    }
    return room;
}

// One row of Y * picture: out[x] is the weighted sum of column x.
static void weigh_rows(const nahmi_picture *picture, const taps *t, float *out) {
    memset(out, 0, picture->width * sizeof *out);
    for (uint32_t k = 0; k < t->count; k++) {
        const uint8_t *p = picture->pixels + (t->first + k) * picture->row_bytes;
        const float weight = t->weights[k];
        for (uint32_t x = 0; x < picture->width; x++) out[x] += weight * (float)p[x];
    }
}

static float dot(const taps *t, const float *row) {
    const float *values = row + t->first;
    float sums[LANES] = {0}, sum = 0;
    uint32_t k = 0;
    for (; k + LANES <= t->count; k += LANES)
        for (unsigned lane = 0; lane < LANES; lane++)
            sums[lane] += t->weights[k + lane] * values[k + lane];
    for (; k < t->count; k++) sum += t->weights[k] * values[k];
    for (unsigned lane = 0; lane < LANES; lane++) sum += sums[lane];
    return sum;
}

static void transpose(float from[GRID][GRID], float to[GRID][GRID]) {
    for (unsigned i = 0; i < GRID; i++)
        for (unsigned j = 0; j < GRID; j++) to[j][i] = from[i][j];
}

size_t nahmi_pdq_views_scratch(uint32_t height, uint32_t width) {
    return 2 * taps_room(height) + 2 * taps_room(width) + width;
}

void nahmi_pdq_views(const nahmi_picture *picture, uint32_t full_height, uint32_t full_width,
                     float *scratch, unsigned count, nahmi_pdq_hash *hashes) {
    // Which of the eight a mirroring (bit 0: left to right, bit 1: top to bottom) is, and which one
    // its transposition is.
    static const uint8_t plain[] = {0, 4, 5, 2}, transposed[] = {6, 3, 1, 7};
    memset(hashes, 0, count * sizeof *hashes);
    if (full_height < NAHMI_PDQ_SMALLEST || full_width < NAHMI_PDQ_SMALLEST ||
        !picture->height || !picture->width)
        return;
    taps xs[2][GRID], ys[2][GRID];
    float *room = matrix_for(picture->width, full_width, scratch, xs[0]);
    room = matrix_for(picture->height, full_height, room, ys[0]);
    room = mirror(xs[0], picture->width, room, xs[1]);
    float *row = mirror(ys[0], picture->height, room, ys[1]);
    float grids[4][GRID][GRID];
    for (unsigned flip_y = 0; flip_y < (count > 1 ? 2 : 1); flip_y++)
        for (unsigned i = 0; i < GRID; i++) {
            weigh_rows(picture, &ys[flip_y][i], row);
            for (unsigned flip_x = 0; flip_x < (count > 1 ? 2 : 1); flip_x++)
                for (unsigned j = 0; j < GRID; j++)
                    grids[2 * flip_y + flip_x][i][j] = dot(&xs[flip_x][j], row);
        }
    for (unsigned m = 0; m < (count > 1 ? 4 : 1); m++) {
        nahmi_pdq_finish(grids[m], &hashes[plain[m]]);
        if (count == 1) continue;
        float turned[GRID][GRID];
        transpose(grids[m], turned);
        nahmi_pdq_finish(turned, &hashes[transposed[m]]);
    }
}
