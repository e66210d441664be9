// The Lua texts, and cas tokens.
#include "backends/redis/scripts.h"

#include <openssl/sha.h>

#include <array>
#include <charconv>

namespace cachetted::redis {
namespace {

// head_of: the envelope (src/codecs/envelope.h) that a stored value begins with, or ''.
constexpr std::string_view kHeadOf = R"lua(
local function head_of(v)
  if type(v) ~= 'string' or #v < 20 or string.sub(v, 1, 12) ~= '\255cachet\0\1\0\0\0' then return '' end
  local crc = -1
  for i = 1, 16 do
    crc = bit.bxor(crc, string.byte(v, i))
    for _ = 1, 8 do
      local odd = bit.band(crc, 1)
      crc = bit.rshift(crc, 1)
      if odd == 1 then crc = bit.bxor(crc, 0xedb88320) end
    end
  end
  crc = bit.bnot(crc)
  for i = 17, 20 do
    if string.byte(v, i) ~= bit.band(bit.rshift(crc, (20 - i) * 8), 255) then return '' end
  end
  return string.sub(v, 1, 20)
end
)lua";

// put: stores a new value with a ttl in ms, '' for none; 0 has passed.
constexpr std::string_view kPut = R"lua(
local function put(key, v, ttl)
  if ttl == '' then redis.call('SET', key, v)
  elseif ttl == '0' then redis.call('DEL', key)
  else redis.call('SET', key, v, 'PX', ttl) end
end
)lua";

// same: whether a stored value has the cas token of two words.
constexpr std::string_view kSame = R"lua(
local function same(v, digits, half)
  local d = redis.sha1hex(v)
  return string.sub(d, 1, 15) == digits and math.floor(tonumber(string.sub(d, 16, 16), 16) / 2) == tonumber(half)
end
)lua";

struct Parts {
  std::string_view before[3], body;
};
constexpr Parts kParts[kScripts] = {
    // edit
    {{kHeadOf, {}, {}}, R"lua(
local key, ttl, command = KEYS[1], ARGV[1], ARGV[2]
local counts = command == 'INCRBY' or command == 'INCRBYFLOAT'
local function failed(reply) return type(reply) == 'table' and reply.err end
local function run()
  local reply = redis.pcall(unpack(ARGV, 2))
  -- Lua's numbers hold 53 bits: beyond them the sum is read back as text.
  if command == 'INCRBY' and type(reply) == 'number' and math.abs(reply) >= 2 ^ 53 then return redis.call('GET', key) end
  return reply
end
local made = ttl ~= '' and redis.call('EXISTS', key) == 0
local reply = counts and run()
if not counts or failed(reply) then
  local head = head_of(redis.pcall('GETRANGE', key, 0, 19))
  if head ~= '' then redis.call('SET', key, string.sub(redis.call('GET', key), 21), 'KEEPTTL') end
  reply = run()
  if failed(reply) and command == 'INCRBY' then
    local old = redis.pcall('GET', key)
    local digits = type(old) == 'string' and string.match(old, '^(%-?%d+) +$')
    if digits then
      redis.call('SET', key, digits, 'KEEPTTL')
      reply = run()
      if failed(reply) then redis.call('SET', key, old, 'KEEPTTL') end
    end
  end
  if head ~= '' then redis.call('SET', key, head .. redis.call('GET', key), 'KEEPTTL') end
end
if made then redis.call('PEXPIRE', key, ttl) end
return reply
)lua"},
    // append
    {{kHeadOf, kSame, kPut}, R"lua(
local key, value = KEYS[1], ARGV[1]
local v = redis.pcall('GET', key)
if type(v) == 'table' then return v end
if not v then
  if ARGV[4] == '1' then return {'not_stored'} end
  if ARGV[6] ~= '' then return {'miss'} end
  local stored = ARGV[8] .. value
  put(key, stored, ARGV[5])
  return {'ok', #value, redis.sha1hex(stored)}
end
if ARGV[6] ~= '' and not same(v, ARGV[6], ARGV[7]) then return {'changed'} end
local head = head_of(v)
local size = #v - #head + #value
if size > tonumber(ARGV[3]) then return {'too_large'} end
if ARGV[2] == '1' then
  v = head .. value .. string.sub(v, #head + 1)
  redis.call('SET', key, v, 'KEEPTTL')
else
  redis.call('APPEND', key, value)
  v = v .. value
end
return {'ok', size, redis.sha1hex(v)}
)lua"},
    // count
    {{kHeadOf, kSame, kPut}, R"lua(
local key = KEYS[1]
local function pad(s, n) return string.rep('0', n - #s) .. s end
local function less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end
local function add(a, b, sign)
  local n = math.max(#a, #b) + 1
  a, b = pad(a, n), pad(b, n)
  local out, carry = {}, 0
  for i = n, 1, -1 do
    local d = string.byte(a, i) - 48 + sign * (string.byte(b, i) - 48) + carry
    carry = math.floor(d / 10)
    out[i] = d - carry * 10
  end
  return (string.gsub(table.concat(out), '^0+(%d)', '%1'))
end
local all = '18446744073709551616'
local v = redis.pcall('GET', key)
if type(v) == 'table' then return v end
if not v then
  if ARGV[3] == '' then return {'miss'} end
  put(key, ARGV[3], ARGV[4])
  return {'made', ARGV[3], redis.sha1hex(ARGV[3]), redis.call('PTTL', key)}
end
if ARGV[7] ~= '' and not same(v, ARGV[7], ARGV[8]) then return {'changed'} end
local head = head_of(v)
local text = string.sub(v, #head + 1)
local digits = string.match(text, '^%s*%+?(%d+)[%s%z]') or string.match(text, '^%s*%+?(%d+)$')
if not digits then return {'not_integer'} end
digits = string.gsub(digits, '^0+(%d)', '%1')
if not less(digits, all) then return {'not_integer'} end
local sum
if ARGV[2] == '1' then
  sum = less(digits, ARGV[1]) and '0' or add(digits, ARGV[1], -1)
else
  sum = add(digits, ARGV[1], 1)
  if not less(sum, all) then sum = add(sum, all, -1) end
end
local stored = head .. sum .. string.rep(' ', #text - #sum)
redis.call('SET', key, stored, 'KEEPTTL')
local left = redis.call('PTTL', key)
if ARGV[5] == 'PERSIST' then redis.call('PERSIST', key) end
if ARGV[5] == 'PEXPIRE' then redis.call('PEXPIRE', key, ARGV[6]) end
return {'ok', sum, redis.sha1hex(stored), left}
)lua"},
    // cas
    {{kSame, {}, {}}, R"lua(
local v = redis.pcall('GET', KEYS[1])
if type(v) == 'table' then return v end
if not v then return {'miss'} end
if not same(v, ARGV[1], ARGV[2]) then return {'changed'} end
redis.call(unpack(ARGV, 3))
return {'ok'}
)lua"},
    // set_many
    {{kPut, {}, {}}, R"lua(
local n = #KEYS
if ARGV[1] == '1' then
  for i = 1, n do
    if redis.call('EXISTS', KEYS[i]) == 1 then return 0 end
  end
end
for i = 1, n do put(KEYS[i], ARGV[1 + i], ARGV[1 + n + i]) end
return 1
)lua"},
    // clear
    {{{}, {}, {}}, R"lua(
local n = 0
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do n = n + redis.call('DEL', key) end
return n
)lua"},
};

std::string sha1_hex(std::string_view s) {
  unsigned char sum[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(s.data()), s.size(), sum);
  std::string hex;
  for (unsigned char c : sum) {
    hex += "0123456789abcdef"[c >> 4];
    hex += "0123456789abcdef"[c & 15];
  }
  return hex;
}

struct Whole {
  std::string text, digest;
};
const Whole& whole(Script s) {
  static const std::array<Whole, kScripts> all = [] {
    std::array<Whole, kScripts> a;
    for (unsigned i = 0; i < kScripts; ++i) {
      for (std::string_view part : kParts[i].before) a[i].text += part;
      a[i].text += kParts[i].body;
      a[i].digest = sha1_hex(a[i].text);
    }
    return a;
  }();
  return all[static_cast<size_t>(s)];
}

constexpr Script kAll[kScripts] = {Script::edit,     Script::append, Script::count, Script::cas,
                                   Script::set_many, Script::clear};

}  // namespace

std::string_view text_of(Script s) { return whole(s).text; }
std::string_view digest_of(Script s) { return whole(s).digest; }

const Script* find_script(std::string_view digest) {
  for (const Script& s : kAll)
    if (digest_of(s) == digest) return &s;
  return nullptr;
}

uint64_t cas_of(std::string_view stored) {
  unsigned char sum[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(stored.data()), stored.size(), sum);
  uint64_t n = 0;
  for (int i = 0; i < 8; ++i) n = n << 8 | sum[i];
  return (n >> 1) + 1;
}

uint64_t cas_of_digest(std::string_view hex) {
  uint64_t n = 0;
  std::from_chars(hex.data(), hex.data() + (hex.size() < 16 ? hex.size() : 16), n, 16);
  return (n >> 1) + 1;
}

void cas_words(uint64_t cas, std::string& digits, std::string& half) {
  uint64_t n = (cas - 1) << 1;
  digits.assign(15, '0');
  for (int i = 0; i < 15; ++i) digits[static_cast<size_t>(i)] = "0123456789abcdef"[n >> (60 - 4 * i) & 15];
  half = std::to_string((n & 15) >> 1);
}

}  // namespace cachetted::redis
