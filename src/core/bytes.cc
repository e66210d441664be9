// Reads of a value's bytes that need no store.
#include "core/bytes.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace cachetted {
namespace {

// Resolves negative ends against `size` and cuts to it; false when nothing is left.
bool resolve(int64_t& start, int64_t& end, int64_t size) {
  if (start < 0 && end < 0 && start > end) return false;
  if (start < 0) start = std::max<int64_t>(start + size, 0);
  if (end < 0) end = std::max<int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  return start <= end && size > 0;
}

int64_t count_bytes(const unsigned char* p, int64_t n) {
  int64_t bits = 0;
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t w;
    std::memcpy(&w, p, 8);
    bits += std::popcount(w);
  }
  for (; n > 0; --n, ++p) bits += std::popcount(*p);
  return bits;
}

bool bit_at(std::string_view s, int64_t i) {
  return (static_cast<unsigned char>(s[static_cast<size_t>(i >> 3)]) >> (7 - (i & 7)) & 1) != 0;
}

}  // namespace

std::string_view byte_range(std::string_view s, int64_t start, int64_t end) {
  if (!resolve(start, end, static_cast<int64_t>(s.size()))) return {};
  return s.substr(static_cast<size_t>(start), static_cast<size_t>(end - start + 1));
}

int64_t count_bits(std::string_view s, const BitSpan& span) {
  int64_t size = static_cast<int64_t>(s.size()) * (span.bits ? 8 : 1);
  int64_t start = span.start, end = span.end;
  if (!resolve(start, end, size)) return 0;
  if (!span.bits) {
    start *= 8;
    end = end * 8 + 7;
  }
  auto* p = reinterpret_cast<const unsigned char*>(s.data());
  int64_t first = start >> 3, last = end >> 3;
  int64_t bits = count_bytes(p + first, last - first + 1);
  bits -= std::popcount(static_cast<unsigned char>(p[first] & ~(0xFF >> (start & 7))));
  bits -= std::popcount(static_cast<unsigned char>(p[last] & ((1 << (7 - (end & 7))) - 1)));
  return bits;
}

int64_t find_bit(std::string_view s, bool bit, const BitSpan& span) {
  int64_t size = static_cast<int64_t>(s.size()) * (span.bits ? 8 : 1);
  int64_t start = span.start, end = span.end;
  if (start < 0) start = std::max<int64_t>(start + size, 0);
  if (end < 0) end = std::max<int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  if (start > end) return -1;
  if (!span.bits) {
    start *= 8;
    end = end * 8 + 7;
  }
  const unsigned char skip = bit ? 0x00 : 0xFF;
  for (int64_t i = start; i <= end;) {
    if ((i & 7) == 0 && end - i >= 7 && static_cast<unsigned char>(s[static_cast<size_t>(i >> 3)]) == skip) {
      i += 8;
    } else if (bit_at(s, i) == bit) {
      return i;
    } else {
      ++i;
    }
  }
  // Only zero bits are thought of as going on behind the value, and only when the client named no end.
  return bit || span.end_given ? -1 : end + 1;
}

std::optional<Lcs> longest_common(std::string_view a, std::string_view b, bool text, bool indexes, int64_t min_match) {
  const size_t width = b.size() + 1;
  if ((a.size() + 1) > (size_t{512} << 20) / sizeof(uint32_t) / width) return std::nullopt;
  std::vector<uint32_t> table((a.size() + 1) * width);
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      table[i * width + j] = a[i - 1] == b[j - 1] ? table[(i - 1) * width + j - 1] + 1
                                                  : std::max(table[(i - 1) * width + j], table[i * width + j - 1]);
    }
  }
  Lcs lcs;
  lcs.length = table[a.size() * width + b.size()];
  if (!text && !indexes) return lcs;
  lcs.text.resize(lcs.length);
  uint32_t left = lcs.length;
  LcsMatch run{};
  bool open = false;
  auto close = [&] {
    if (open && (min_match == 0 || run.a_end - run.a_start + 1 >= min_match)) lcs.matches.push_back(run);
    open = false;
  };
  for (auto i = static_cast<uint32_t>(a.size()), j = static_cast<uint32_t>(b.size()); i > 0 && j > 0;) {
    if (a[i - 1] == b[j - 1]) {
      lcs.text[--left] = a[i - 1];
      if (open && run.a_start == i && run.b_start == j) {
        --run.a_start;
        --run.b_start;
      } else {
        close();
        run = {i - 1, i - 1, j - 1, j - 1};
        open = true;
      }
      --i;
      --j;
    } else {
      if (table[(i - 1) * width + j] > table[i * width + j - 1]) {
        --i;
      } else {
        --j;
      }
    }
  }
  close();
  return lcs;
}

namespace {

// Matches one [set] at p (behind the bracket) against c; leaves p at the closing bracket or the pattern's end.
bool match_set(const char*& p, const char* end, unsigned char c) {
  bool negate = p < end && *p == '^';
  if (negate) ++p;
  bool hit = false;
  for (;; ++p) {
    if (p >= end) {
      --p;
      break;
    }
    if (*p == '\\' && end - p >= 2) {
      ++p;
      hit |= static_cast<unsigned char>(*p) == c;
    } else if (*p == ']') {
      break;
    } else if (end - p >= 3 && p[1] == '-') {
      auto low = static_cast<unsigned char>(p[0]), high = static_cast<unsigned char>(p[2]);
      if (low > high) std::swap(low, high);
      p += 2;
      hit |= c >= low && c <= high;
    } else {
      hit |= static_cast<unsigned char>(*p) == c;
    }
  }
  return hit != negate;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  if (text.empty()) return pattern.empty() || pattern == "*";  // so the server has it: "**" matches no empty key
  const char *p = pattern.data(), *p_end = p + pattern.size();
  const char *t = text.data(), *t_end = t + text.size();
  const char *star = nullptr, *resume = nullptr;
  for (;;) {
    if (p < p_end && *p == '*') {
      while (p < p_end && *p == '*') ++p;
      if (p == p_end) return true;
      star = p;
      resume = t;
      continue;
    }
    if (t == t_end) return p == p_end;
    if (p < p_end) {
      const char* q = p;
      bool hit = false;
      auto c = static_cast<unsigned char>(*t);
      if (*q == '?') {
        hit = true;
      } else if (*q == '[') {
        ++q;
        hit = match_set(q, p_end, c);
      } else {
        if (*q == '\\' && p_end - q >= 2) ++q;
        hit = static_cast<unsigned char>(*q) == c;
      }
      if (hit) {
        p = q + 1;
        ++t;
        continue;
      }
    }
    if (star == nullptr) return false;
    p = star;  // the last star takes one character more; earlier ones need no second try
    t = ++resume;
  }
}

}  // namespace cachetted
