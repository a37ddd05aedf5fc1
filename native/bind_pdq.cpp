// SPDX-License-Identifier: Apache-2.0
// PDQ for Python: pixels in, hashes out, without the interpreter lock.
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "bindings.h"
#include "pdq.h"

namespace nb = nanobind;
using nb::literals::operator""_a;

using Pixels = nb::ndarray<const uint8_t, nb::numpy, nb::device::cpu>;
using Hash = std::pair<nb::bytes, int>;

static nahmi_picture picture_of(const Pixels &pixels) {
    const bool colour = pixels.ndim() == 3;
    if (!(pixels.ndim() == 2 || (colour && pixels.shape(2) == 3)))
        throw nb::value_error("pixels must be (height, width) or (height, width, 3)");
    if (pixels.shape(0) > NAHMI_PDQ_LARGEST || pixels.shape(1) > NAHMI_PDQ_LARGEST)
        throw nb::value_error("the picture is too large");
    const int64_t channels = colour ? 3 : 1;
    if (pixels.size() && ((pixels.shape(1) > 1 && pixels.stride(1) != channels) ||
                          (colour && pixels.stride(2) != 1) ||
                          (pixels.shape(0) > 1 && pixels.stride(0) < 0)))
        throw nb::value_error("the pixels of a row must follow each other in memory");
    return {pixels.data(), (size_t)(pixels.shape(0) > 1 ? pixels.stride(0) : 0),
            (uint32_t)pixels.shape(0), (uint32_t)pixels.shape(1), (unsigned)channels};
}

// Large blocks that are freed go back to the system and have to be cleared again when they are
// next asked for, which takes as long as hashing. So each thread keeps its last one, up to a size.
class Scratch {
  public:
    float *at_least(size_t floats) {
        if (floats > size_) {
            block_.reset();
            size_ = 0;
            block_.reset(new float[floats]);
            size_ = floats;
        }
        return block_.get();
    }
    void trim() {
        if (size_ > KEPT_FLOATS) {
            block_.reset();
            size_ = 0;
        }
    }

  private:
    static constexpr size_t KEPT_FLOATS = 16 << 20;  // enough for a picture of 8 megapixels
    std::unique_ptr<float[]> block_;
    size_t size_ = 0;
};

static thread_local Scratch scratch;

static Hash to_python(const nahmi_pdq_hash &hash) {
    return {nb::bytes(reinterpret_cast<const char *>(hash.bytes), sizeof hash.bytes), hash.quality};
}

static Hash pdq(const Pixels &pixels, const std::string &isa_name) {
    const nahmi_isa isa = isa_from_name(isa_name);
    const nahmi_picture picture = picture_of(pixels);
    nahmi_pdq_hash hash;
    {
        nb::gil_scoped_release unlocked;
        float *block = scratch.at_least(nahmi_pdq_scratch(isa, picture.height, picture.width));
        nahmi_pdq(isa, &picture, block, &hash);
        scratch.trim();
    }
    return to_python(hash);
}

static std::vector<nahmi_pdq_hash> views(const Pixels &luma, uint32_t full_height,
                                         uint32_t full_width, unsigned count) {
    const nahmi_picture picture = picture_of(luma);
    if (picture.channels != 1) throw nb::value_error("luma must be (height, width)");
    if (full_height < picture.height || full_width < picture.width ||
        full_height > NAHMI_PDQ_LARGEST || full_width > NAHMI_PDQ_LARGEST)
        throw nb::value_error("the full picture cannot be smaller than the reduced one");
    std::vector<nahmi_pdq_hash> hashes(count);
    {
        nb::gil_scoped_release unlocked;
        float *block = scratch.at_least(nahmi_pdq_views_scratch(picture.height, picture.width));
        nahmi_pdq_views(&picture, full_height, full_width, block, count, hashes.data());
        scratch.trim();
    }
    return hashes;
}

static nb::list pdq_orientations(const Pixels &luma, uint32_t full_height, uint32_t full_width) {
    nb::list all;
    for (const nahmi_pdq_hash &hash : views(luma, full_height, full_width, 8))
        all.append(nb::cast(to_python(hash)));
    return all;
}

void bind_pdq(nb::module_ &m) {
    m.def("pdq", &pdq, nb::arg("pixels").noconvert(), "isa"_a = "auto",
          "PDQ of pixels (h, w, 3) or (h, w) uint8: 32 bytes in text order, and quality 0..100.");
    m.def(
        "pdq_reduced",
        [](const Pixels &luma, uint32_t full_height, uint32_t full_width) {
            return to_python(views(luma, full_height, full_width, 1)[0]);
        },
        nb::arg("luma").noconvert(), "full_height"_a, "full_width"_a,
        "PDQ of a picture of full_height x full_width from a reduction of its luminance (h, w): "
        "within a few bits of pdq() on the full picture.");
    m.def("pdq_orientations", &pdq_orientations, nb::arg("luma").noconvert(), "full_height"_a,
          "full_width"_a,
          nb::sig("def pdq_orientations(luma: NDArray[numpy.uint8], full_height: int, full_width: "
                  "int) -> list[tuple[bytes, int]]"),
          "As pdq_reduced(), in the orientations original, rotate90, rotate180, rotate270 "
          "(clockwise), flip_x (left to right), flip_y (top to bottom), transpose, transverse.");
}
