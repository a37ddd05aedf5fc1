// SPDX-License-Identifier: Apache-2.0
// The definition: luminance, two box filters along each axis with running sums, sampling.
#include <math.h>

#include "pdq_steps.h"

static void luminance(const nahmi_picture *picture, float *out) {
    for (uint32_t y = 0; y < picture->height; y++) {
        const uint8_t *p = picture->pixels + y * picture->row_bytes;
        for (uint32_t x = 0; x < picture->width; x++, p += picture->channels)
            *out++ = nahmi_luminance(p, picture->channels);
    }
}

static void filter(const nahmi_box *box, const float *in, float *out, size_t stride) {
    float sum = 0;
    uint32_t inside = 0;
    for (uint32_t i = 0; i < box->right; i++, inside++) sum += in[i * stride];
    for (uint32_t i = 0; i < box->length; i++) {
        if (i + box->right < box->length) {
            sum += in[(i + box->right) * stride];
            inside++;
        }
        if (i > box->left) {
            sum -= in[(i - box->left - 1) * stride];
            inside--;
        }
        out[i * stride] = sum / (float)inside;
    }
}

void nahmi_pdq_grid_serial(const nahmi_picture *picture, float *scratch, float grid[GRID][GRID]) {
    const uint32_t height = picture->height, width = picture->width;
    const nahmi_box along_x = nahmi_box_for(width), along_y = nahmi_box_for(height);
    float *a = scratch, *b = scratch + (size_t)height * width;
    luminance(picture, a);
    // The reference takes a 64 x 64 picture as it is.
    for (int pass = 0; pass < 2 && (width != GRID || height != GRID); pass++) {
        for (uint32_t y = 0; y < height; y++)
            filter(&along_x, a + (size_t)y * width, b + (size_t)y * width, 1);
        for (uint32_t x = 0; x < width; x++) filter(&along_y, b + x, a + x, width);
    }
    for (unsigned i = 0; i < GRID; i++)
        for (unsigned j = 0; j < GRID; j++)
            grid[i][j] = a[(size_t)nahmi_grid_place(i, height) * width + nahmi_grid_place(j, width)];
}
