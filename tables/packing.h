// How the columns within a feather or parquet are compressed: for EXPLAIN. One thread.
#pragma once
#include <string>
#include <string_view>

#include "codecs/tables.h"

namespace cachetted::tables {

// "zstd", "none", "snappy and gzip"; of a table without rows "none". The value was read before and is whole.
std::string packing_of(std::string_view in, Form form);

}  // namespace cachetted::tables
