// The type of a column of JSON values, and the column. One thread.
#pragma once
#include <arrow/array.h>
#include <arrow/result.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "codecs/text.h"
#include "codecs/value.h"
#include "tables/frame.h"

namespace cachetted::tables {

// Whether it is UTF-8 without halves of surrogate pairs, which JSON has and Arrow has not.
inline bool is_text(std::string_view s) { return codecs::check_utf8(s) == codecs::Utf8::good; }

// Names in the order in which they came first.
class Names {
 public:
  // The place of a name, which is made where it is new. `hint`: where it is likely to be.
  size_t place(std::string_view name, size_t hint) {
    if (hint < names_.size() && names_[hint] == name) return hint;
    const auto [found, fresh] = places_.try_emplace(name, names_.size());
    if (fresh) names_.push_back(name);
    return found->second;
  }
  size_t size() const { return names_.size(); }
  std::string_view operator[](size_t i) const { return names_[i]; }

 private:
  std::vector<std::string_view> names_;
  std::unordered_map<std::string_view, size_t> places_;
};

// A column of values; null where a row has none. Integers are int64, or uint64 where they fit that alone; with reals
// among them all are doubles; lists and objects are of one shape. Error: its values have no common type, with the row.
arrow::Result<std::shared_ptr<arrow::Array>> column_of(std::string_view name,
                                                       std::span<const codecs::Value* const> values,
                                                       const Context& context);

}  // namespace cachetted::tables
