// Implements fault.h: the sentence, the escaping, the masking, and the edit distance.
// Called while a configuration is loaded or changed; never on the path of a request.
#include "config/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "config/units.h"

namespace cachetted::config {

std::string Origin::text() const {
  switch (source) {
    case Source::builtin: return "default";
    case Source::file: return at.line > 0 ? fmt::format("{}:{}:{}", name, at.line, at.column) : name;
    case Source::environment: return "environment " + name;
    case Source::command_line: return "--set " + name;
    case Source::request: return name;
  }
  return "";
}

Fault fault_at(const Origin& origin, std::string_view path, std::string_view problem) {
  const bool said = (origin.source == Origin::Source::command_line || origin.source == Origin::Source::request) &&
                    origin.name == path;
  if (said || path.empty()) return {origin.text(), std::string(problem)};
  return {origin.text(), fmt::format("{}: {}", path, problem)};
}

void Reporter::fault(Place at, std::string_view path, std::string_view problem) {
  Origin origin = source_;
  origin.at = at;
  const bool said = !root_.empty() && path == root_;
  faults_.push_back(fault_at(origin, said ? std::string_view{} : path, problem));
}

void Reporter::record(Place at, const std::string& path, bool faulty) {
  Origin origin = source_;
  origin.at = at;
  origin.faulty = faulty;
  origins_[path] = std::move(origin);
}

void Reporter::forget(std::string_view prefix) {
  auto it = origins_.lower_bound(prefix);
  while (it != origins_.end() && it->first.starts_with(prefix)) it = origins_.erase(it);
}

namespace {

// Length of the UTF-8 sequence at the front of `text`, or 0 where it is none that a terminal should see.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const size_t length = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead >= 0xf5 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const unsigned char second = byte(1);
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= 0xa0)) return 0;  // overlong, surrogate
  if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second >= 0x90)) return 0;
  if (lead == 0xc2 && second < 0xa0) return 0;  // C1 control characters
  return length;
}

bool secret_parameter(std::string_view name) {
  const std::string lower = lower_case(name);
  for (const char* word : {"pass", "pwd", "token", "secret", "properties", "key"})
    if (lower.find(word) != std::string::npos) return true;
  return false;
}

std::string masked_query(std::string_view query) {
  std::string out;
  while (!query.empty()) {
    const size_t end = query.find_first_of("&;");
    const std::string_view pair = query.substr(0, end);
    const size_t equals = pair.find('=');
    if (equals != std::string_view::npos && secret_parameter(pair.substr(0, equals)))
      out.append(pair.substr(0, equals)).append("=***");
    else
      out.append(pair);
    if (end == std::string_view::npos) break;
    out += query[end];
    query.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::string shown(std::string_view text) {
  constexpr size_t kMost = 80;
  std::string out;
  size_t characters = 0;
  while (!text.empty()) {
    if (characters++ == kMost) return out + "...";
    const size_t length = utf8_length(text);
    if (length == 0)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    else
      out.append(text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string comma_list(std::span<const std::string> names) {
  std::string out;
  for (const std::string& name : names) out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

std::string masked_url(std::string_view url) {
  const size_t scheme = url.find("://");
  const size_t start = scheme == std::string_view::npos ? 0 : scheme + 3;
  std::string out(url.substr(0, start));
  std::string_view rest = url.substr(start);
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    out += "***";
    rest.remove_prefix(at);
  } else if (scheme != std::string_view::npos && !rest.starts_with('[')) {
    // `user:password` without its host: what stands where a port belongs is shown only if it is one.
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#,"));
    const size_t colon = authority.find(':');
    if (colon != std::string_view::npos && !parse_count(authority.substr(colon + 1)))
      return out.append(rest.substr(0, colon + 1)).append("***");
  }
  const size_t query = rest.find('?');
  out.append(rest.substr(0, query));
  if (query != std::string_view::npos) out.append("?").append(masked_query(rest.substr(query + 1)));
  return out;
}

namespace {

std::string folded(std::string_view name) {
  std::string out;
  for (const char c : lower_case(name))
    if (c != '_' && c != '-') out += c;
  return out;
}

// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). Where the lengths
// alone differ by more than `bound`, that difference, which is less work and refused all the same.
size_t edit_distance(std::string_view a, std::string_view b, size_t bound) {
  const size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference > bound) return difference;
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string_view leaf_of(std::string_view path) {
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
  constexpr size_t kLongest = 64;  // no option's path is longer, and the distance is quadratic
  if (name.empty() || name.size() > kLongest) return "";
  const std::string whole = folded(name);
  const std::string leaf = folded(leaf_of(name));
  size_t best = std::numeric_limits<size_t>::max();
  std::string found;
  for (const std::string& candidate : candidates) {
    const std::string candidate_leaf = folded(leaf_of(candidate));
    const size_t bound = std::max<size_t>(1, std::min(leaf.size(), candidate_leaf.size()) / 3);
    const size_t by_path = edit_distance(whole, folded(candidate), bound);
    // A right name in a wrong section counts, a little less than a misspelt one in the right section.
    const size_t by_leaf = edit_distance(leaf, candidate_leaf, bound) + 1;
    const size_t distance = std::min(by_path, by_leaf);
    if (distance < best && (by_path <= bound || by_leaf <= bound)) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

}  // namespace cachetted::config
