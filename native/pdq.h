// SPDX-License-Identifier: Apache-2.0
// PDQ fingerprints (Meta 2017): 256 bits and a quality from the low frequencies of a picture.
//
// Pixels are bytes, rows top to bottom, `row_bytes` apart. A hash is 32 bytes in the order of its
// hexadecimal text. Quality is 0..100. Pictures with a side below NAHMI_PDQ_SMALLEST have the zero
// hash and quality 0, as in the reference implementation.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NAHMI_PDQ_SMALLEST 5
#define NAHMI_PDQ_GRID 64          // the picture is sampled on a 64 x 64 grid
#define NAHMI_PDQ_LARGEST 1000000  // pixels a side; keeps every index within 32 bits

typedef struct {
    const uint8_t *pixels;
    size_t row_bytes;
    uint32_t height, width;
    unsigned channels;  // 1: grey, 3: red, green, blue
} nahmi_picture;

typedef struct {
    uint8_t bytes[32];
    int quality;
} nahmi_pdq_hash;

// Floats of scratch memory that nahmi_pdq needs for a picture of this size.
size_t nahmi_pdq_scratch(nahmi_isa isa, uint32_t height, uint32_t width);

// The fingerprint, bit for bit that of pdqhash 0.2.8 (Meta's code) on the same pixels.
void nahmi_pdq(nahmi_isa isa, const nahmi_picture *picture, float *scratch, nahmi_pdq_hash *hash);

// Floats of scratch memory that nahmi_pdq_views needs.
size_t nahmi_pdq_views_scratch(uint32_t height, uint32_t width);

// Fingerprints of a grey picture in all eight orientations, and at reduced scale.
//
// The picture may be a reduction of one of full_height x full_width; it is then filtered and
// sampled where the full one would be. Filters are applied as weights instead of running sums, so
// a hash may differ from nahmi_pdq's where a frequency all but equals the median.
// count: 1 for the picture as it is, 8 for original, rotate90, rotate180, rotate270 (clockwise),
// flip_x (left to right), flip_y (top to bottom), transpose, transverse.
void nahmi_pdq_views(const nahmi_picture *picture, uint32_t full_height, uint32_t full_width,
                     float *scratch, unsigned count, nahmi_pdq_hash *hashes);

#ifdef __cplusplus
}
#endif
