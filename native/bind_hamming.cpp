// SPDX-License-Identifier: Apache-2.0
// Hamming search for Python: arrays in, arrays out, without the interpreter lock.
#include "hamming.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <atomic>
#include <tuple>
#include <vector>

#include "bindings.h"
#include "journal.h"

namespace nb = nanobind;
using nb::literals::operator""_a;

using TextRows = nb::ndarray<const uint8_t, nb::numpy, nb::shape<-1, 32>, nb::c_contig>;
using Rows = nb::ndarray<const uint16_t, nb::numpy, nb::shape<-1, NAHMI_WORDS>, nb::c_contig>;
using Keys = nb::ndarray<const uint64_t, nb::numpy, nb::ndim<1>, nb::c_contig>;
using Bytes = nb::ndarray<const uint8_t, nb::numpy, nb::ndim<1>, nb::c_contig>;
using Cell = nb::ndarray<uint64_t, nb::numpy, nb::shape<1>, nb::c_contig>;
using ConstCell = nb::ndarray<const uint64_t, nb::numpy, nb::shape<1>, nb::c_contig>;

// One row for each of the 16 tables of a segment.
template <typename T>
using Tables = nb::ndarray<const T, nb::numpy, nb::shape<NAHMI_WORDS, -1>, nb::c_contig>;

template <typename T>
using Vector = nb::ndarray<T, nb::numpy, nb::ndim<1>, nb::c_contig>;

// Row numbers must fit: three bytes in a block, one byte for the block.
static bool is_segment_size(size_t n, unsigned block_bits) {
    return n <= NAHMI_MAX_ROWS && block_bits >= 1 && block_bits <= NAHMI_BLOCK_BITS &&
           nahmi_blocks((uint32_t)n, block_bits) <= 256;
}

// ---- results ------------------------------------------------------------------------------------

struct Found {
    int64_t query;
    uint64_t key;
    uint16_t distance;
};

template <typename T>
static Vector<T> hand_over(std::vector<T> *values) {
    nb::capsule owner(values, [](void *p) noexcept { delete static_cast<std::vector<T> *>(p); });
    return Vector<T>(values->data(), {values->size()}, owner);
}

using Columns = std::tuple<Vector<int64_t>, Vector<uint64_t>, Vector<uint16_t>>;

static Columns columns(const std::vector<Found> &found) {
    auto *query = new std::vector<int64_t>(found.size());
    auto *key = new std::vector<uint64_t>(found.size());
    auto *distance = new std::vector<uint16_t>(found.size());
    for (size_t i = 0; i < found.size(); i++) {
        (*query)[i] = found[i].query;
        (*key)[i] = found[i].key;
        (*distance)[i] = found[i].distance;
    }
    return {hand_over(query), hand_over(key), hand_over(distance)};
}

// ---- a snapshot of an index ---------------------------------------------------------------------

class Snapshot {
  public:
    explicit Snapshot(const std::string &isa) : isa_(isa_from_name(isa)) {}

    void add_segment(Keys keys, Rows rows, Tables<uint32_t> directory, Tables<uint16_t> tags,
                     Tables<uint8_t> ids, Keys dead, unsigned block_bits) {
        const size_t n = rows.shape(0);
        if (!is_segment_size(n, block_bits) || keys.shape(0) != n ||
            dead.shape(0) < (n + 63) / 64 ||
            directory.shape(1) != nahmi_directory_length((uint32_t)n, block_bits) ||
            tags.shape(1) < n + NAHMI_TAG_PADDING || ids.shape(1) < 3 * n + 1)
            throw nb::value_error("the arrays of the segment do not fit together");
        Segment segment;
        segment.view = {(uint32_t)n, block_bits,    rows.data(),  directory.data(), tags.data(),
                        ids.data(),  tags.shape(1), ids.shape(1), dead.data()};
        segment.keys = keys.data();
        segments_.push_back(segment);
        for (const nb::object &held : {nb::cast(keys), nb::cast(rows), nb::cast(directory),
                                       nb::cast(tags), nb::cast(ids), nb::cast(dead)})
            held_.push_back(held);
    }

    void add_journal(Bytes records, ConstCell committed) {
        journals_.push_back({reinterpret_cast<const nahmi_record *>(records.data()),
                             (uint32_t)(records.shape(0) / sizeof(nahmi_record)),
                             committed.data()});
        held_.push_back(nb::cast(records));
        held_.push_back(nb::cast(committed));
    }

    Columns search(TextRows queries, int limit_bits) const {
        if (limit_bits < 0 || limit_bits > NAHMI_MAX_LIMIT)
            throw nb::value_error("limit_bits must lie in 0..63");
        std::vector<Found> found;
        {
            nb::gil_scoped_release unlocked;
            const nahmi_thresholds thresholds = nahmi_thresholds_for(limit_bits);
            for (size_t q = 0; q < queries.shape(0); q++) {
                const size_t first = found.size();
                search_one(queries.data() + q * 32, (int64_t)q, thresholds, found);
                std::sort(found.begin() + (ptrdiff_t)first, found.end(),
                          [](const Found &a, const Found &b) {
                              return std::tie(a.distance, a.key) < std::tie(b.distance, b.key);
                          });
            }
        }
        return columns(found);
    }

  private:
    struct Segment {
        nahmi_segment view;
        const uint64_t *keys;
    };
    struct Journal {
        const nahmi_record *records;
        uint32_t capacity;
        const uint64_t *committed;
    };
    struct Sink {
        std::vector<Found> *found;
        int64_t query;
        const uint64_t *keys;
        const nahmi_record *records;
    };

    static void take_row(void *context, uint32_t row, unsigned distance) {
        auto *sink = static_cast<Sink *>(context);
        sink->found->push_back({sink->query, sink->keys[row], (uint16_t)distance});
    }

    static void take_record(void *context, uint32_t row, unsigned distance) {
        auto *sink = static_cast<Sink *>(context);
        const nahmi_record *record = sink->records + row;
        if (__atomic_load_n(&record->state, __ATOMIC_RELAXED) == NAHMI_LIVE)
            sink->found->push_back({sink->query, record->key, (uint16_t)distance});
    }

    void search_one(const uint8_t *text_order, int64_t number, const nahmi_thresholds &thresholds,
                    std::vector<Found> &found) const {
        uint16_t query[NAHMI_WORDS];
        nahmi_spread_u256(text_order, query);
        for (const Segment &segment : segments_) {
            Sink sink{&found, number, segment.keys, nullptr};
            nahmi_search_segment(isa_, &segment.view, &thresholds, query, take_row, &sink);
        }
        for (const Journal &journal : journals_) {
            // Pairs with publish(): records up to the count that is read here are whole.
            uint64_t n = __atomic_load_n(journal.committed, __ATOMIC_ACQUIRE);
            if (n > journal.capacity) n = journal.capacity;
            Sink sink{&found, number, nullptr, journal.records};
            nahmi_scan_flat(isa_, journal.records, sizeof(nahmi_record), (uint32_t)n,
                            thresholds.limit, query, take_record, &sink);
        }
    }

    nahmi_isa isa_;
    std::vector<Segment> segments_;
    std::vector<Journal> journals_;
    std::vector<nb::object> held_;
};

// ---- building and changing ----------------------------------------------------------------------

static nb::ndarray<uint16_t, nb::numpy, nb::shape<-1, NAHMI_WORDS>, nb::c_contig> spread(TextRows rows) {
    const size_t n = rows.shape(0);
    auto *values = new std::vector<uint16_t>(n * NAHMI_WORDS);
    nb::capsule owner(values,
                      [](void *p) noexcept { delete static_cast<std::vector<uint16_t> *>(p); });
    {
        nb::gil_scoped_release unlocked;
        for (size_t i = 0; i < n; i++)
            nahmi_spread_u256(rows.data() + i * 32, values->data() + i * NAHMI_WORDS);
    }
    return {values->data(), {n, (size_t)NAHMI_WORDS}, owner};
}

static nb::ndarray<uint8_t, nb::numpy, nb::shape<-1, 32>, nb::c_contig> unspread(Rows rows) {
    const size_t n = rows.shape(0);
    auto *values = new std::vector<uint8_t>(n * 32);
    nb::capsule owner(values,
                      [](void *p) noexcept { delete static_cast<std::vector<uint8_t> *>(p); });
    {
        nb::gil_scoped_release unlocked;
        for (size_t i = 0; i < n; i++)
            nahmi_unspread_u256(rows.data() + i * NAHMI_WORDS, values->data() + i * 32);
    }
    return {values->data(), {n, (size_t)32}, owner};
}

static void build_table(Rows rows, unsigned word, Vector<uint32_t> directory, Vector<uint16_t> tags,
                        Vector<uint8_t> ids, unsigned block_bits) {
    const size_t n = rows.shape(0);
    if (!is_segment_size(n, block_bits) || word >= NAHMI_WORDS ||
        directory.shape(0) != nahmi_directory_length((uint32_t)n, block_bits) ||
        tags.shape(0) < n || ids.shape(0) < 3 * n)
        throw nb::value_error("the arrays of the table do not fit together");
    nb::gil_scoped_release unlocked;
    nahmi_build_table(rows.data(), (uint32_t)n, block_bits, word, directory.data(), tags.data(),
                      ids.data());
}

static Columns scan(TextRows rows, TextRows queries, int limit_bits, const std::string &isa_name) {
    const nahmi_isa isa = isa_from_name(isa_name);
    if (limit_bits < 0 || limit_bits > 256)
        throw nb::value_error("limit_bits must lie in 0..256");
    if (rows.shape(0) > UINT32_MAX) throw nb::value_error("too many rows for one scan");
    struct Sink {
        std::vector<Found> found;
        int64_t query;
    } sink;
    {
        nb::gil_scoped_release unlocked;
        for (size_t q = 0; q < queries.shape(0); q++) {
            sink.query = (int64_t)q;
            const size_t first = sink.found.size();
            nahmi_scan_flat(
                isa, rows.data(), 32, (uint32_t)rows.shape(0), limit_bits,
                reinterpret_cast<const uint16_t *>(queries.data() + q * 32),
                [](void *context, uint32_t row, unsigned distance) {
                    auto *s = static_cast<Sink *>(context);
                    s->found.push_back({s->query, row, (uint16_t)distance});
                },
                &sink);
            std::stable_sort(
                sink.found.begin() + (ptrdiff_t)first, sink.found.end(),
                [](const Found &a, const Found &b) { return a.distance < b.distance; });
        }
    }
    return columns(sink.found);
}

static Vector<int64_t> near_before(TextRows rows, size_t first, size_t window, int limit_bits,
                                   const std::string &isa_name) {
    const nahmi_isa isa = isa_from_name(isa_name);
    if (limit_bits < 0 || limit_bits > 256)
        throw nb::value_error("limit_bits must lie in 0..256");
    if (window > UINT32_MAX) throw nb::value_error("too wide a window");
    if (first > rows.shape(0)) throw nb::value_error("the first row lies behind the last");
    auto *counts = new std::vector<int64_t>(rows.shape(0) - first);
    {
        nb::gil_scoped_release unlocked;
        for (size_t at = first; at < rows.shape(0); at++) {
            const size_t earlier = std::min(at, window);
            nahmi_scan_flat(
                isa, rows.data() + (at - earlier) * 32, 32, (uint32_t)earlier, limit_bits,
                reinterpret_cast<const uint16_t *>(rows.data() + at * 32),
                [](void *count, uint32_t, unsigned) { ++*static_cast<int64_t *>(count); },
                &(*counts)[at - first]);
        }
    }
    return hand_over(counts);
}

static uint64_t mark_dead(Vector<uint64_t> bitmap, Vector<const uint32_t> rows) {
    uint64_t newly = 0;
    for (size_t i = 0; i < rows.shape(0); i++) {
        const uint32_t row = rows.data()[i];
        if (row / 64 >= bitmap.shape(0)) throw nb::value_error("a row lies outside the segment");
        const uint64_t bit = UINT64_C(1) << (row % 64);
        newly += !(__atomic_fetch_or(bitmap.data() + row / 64, bit, __ATOMIC_RELAXED) & bit);
    }
    return newly;
}

static void write_records(Vector<uint8_t> records, uint32_t at, Keys keys, TextRows rows,
                          uint32_t state) {
    const size_t n = keys.shape(0);
    const bool has_rows = state == NAHMI_LIVE;
    if (records.shape(0) / sizeof(nahmi_record) < at + n || (has_rows && rows.shape(0) != n) ||
        state == NAHMI_DEAD || state > NAHMI_WATERMARK)
        throw nb::value_error("the records do not fit the journal");
    auto *record = reinterpret_cast<nahmi_record *>(records.data()) + at;
    for (size_t i = 0; i < n; i++, record++) {
        *record = {};
        if (has_rows) nahmi_spread_u256(rows.data() + i * 32, record->row);
        record->key = keys.data()[i];
        record->state = state;
        record->checksum = nahmi_record_checksum(record);
    }
}

static uint32_t intact_records(Bytes records, uint32_t n) {
    if (records.shape(0) / sizeof(nahmi_record) < n) n = (uint32_t)(records.shape(0) / sizeof(nahmi_record));
    return nahmi_records_intact(reinterpret_cast<const nahmi_record *>(records.data()), n);
}

static uint32_t kill_records(Vector<uint8_t> records, uint32_t n, Keys sorted_keys) {
    if (records.shape(0) / sizeof(nahmi_record) < n)
        throw nb::value_error("the journal is shorter than that");
    return nahmi_records_kill(reinterpret_cast<nahmi_record *>(records.data()), n,
                              sorted_keys.data(), (uint32_t)sorted_keys.shape(0));
}

void bind_hamming(nb::module_ &m) {
    m.attr("MAX_SEGMENT_ROWS") = NAHMI_MAX_ROWS;
    m.attr("TAG_PADDING") = NAHMI_TAG_PADDING;
    m.attr("RECORD_BYTES") = sizeof(nahmi_record);
    m.def("spread", &spread, nb::arg("rows").noconvert(),
          "Rows (n, 32) uint8 in text order to spread order, (n, 16) uint16.");
    m.def("unspread", &unspread, nb::arg("rows").noconvert(), "The inverse of spread().");
    m.def("scan", &scan, nb::arg("rows").noconvert(), nb::arg("queries").noconvert(),
          "limit_bits"_a, "isa"_a = "auto",
          "Compare every row (n, 32) with every query (q, 32): (query, row, distance) of those "
          "within limit_bits (0..256), grouped by query, nearest first.");
    m.def("near_before", &near_before, nb::arg("rows").noconvert(), "first"_a, "window"_a,
          "limit_bits"_a, "isa"_a = "auto",
          "For each of the rows (n, 32) from number `first` on: how many of the `window` rows "
          "before it lie within limit_bits (0..256) of it.");
    m.def("build_table", &build_table, nb::arg("rows").noconvert(), "word"_a,
          nb::arg("directory").noconvert(), nb::arg("tags").noconvert(),
          nb::arg("ids").noconvert(), "block_bits"_a = NAHMI_BLOCK_BITS,
          "Fill the table of one word; see native/hamming.h.");
    m.def(
        "directory_length",
        [](size_t n, unsigned block_bits) {
            if (!is_segment_size(n, block_bits)) throw nb::value_error("too many rows");
            return nahmi_directory_length((uint32_t)n, block_bits);
        },
        "n"_a, "block_bits"_a = NAHMI_BLOCK_BITS, "Entries in the directory of one table of n rows.");
    m.def("mark_dead", &mark_dead, nb::arg("bitmap").noconvert(), nb::arg("rows").noconvert(),
          "Set the bits of these rows; how many were not set before. Atomic.");
    m.def("write_records", &write_records, nb::arg("records").noconvert(), "at"_a,
          nb::arg("keys").noconvert(), nb::arg("rows").noconvert(), "state"_a,
          "Write journal records from number `at` on; not visible before publish().");
    m.def("intact_records", &intact_records, nb::arg("records").noconvert(), "n"_a,
          "How many of the first n records are whole.");
    m.def("kill_records", &kill_records, nb::arg("records").noconvert(), "n"_a,
          nb::arg("sorted_keys").noconvert(),
          "Mark live records with these keys (ascending) as dead; how many there were.");
    m.def(
        "publish",
        [](Cell cell, uint64_t value) {
            __atomic_store_n(cell.data(), value, __ATOMIC_RELEASE);
        },
        nb::arg("cell").noconvert(), "value"_a,
        "Store a counter after everything that was written before it.");
    m.def(
        "observe",
        [](ConstCell cell) { return __atomic_load_n(cell.data(), __ATOMIC_ACQUIRE); },
        nb::arg("cell").noconvert(), "Load a counter before everything that is read after it.");

    nb::class_<Snapshot>(m, "Snapshot", "Segments and journals that are searched together.")
        .def(nb::init<const std::string &>(), "isa"_a = "auto")
        .def("add_segment", &Snapshot::add_segment, nb::arg("keys").noconvert(),
             nb::arg("rows").noconvert(), nb::arg("directory").noconvert(),
             nb::arg("tags").noconvert(), nb::arg("ids").noconvert(), nb::arg("dead").noconvert(),
             "block_bits"_a = NAHMI_BLOCK_BITS, "Search a segment too; its arrays are kept alive, never copied.")
        .def("add_journal", &Snapshot::add_journal, nb::arg("records").noconvert(),
             nb::arg("committed").noconvert(),
             "Search a journal too, up to its counter at the time of each search.")
        .def("search", &Snapshot::search, nb::arg("queries").noconvert(), "limit_bits"_a,
             "Everything within limit_bits (0..63) of each query (q, 32) uint8: (query, key, "
             "distance), grouped by query, nearest first.");
}
