// The Lua texts, and cas tokens.
#include "backends/redis/scripts.h"

#include <openssl/sha.h>

#include <array>
#include <charconv>

#include "codecs/envelope.h"

namespace cachetted::redis {
namespace {

// failed: whether a reply of redis.pcall is an error, to be returned as it is.
constexpr std::string_view kFailed = R"lua(
local function failed(reply) return type(reply) == 'table' and reply.err end
)lua";

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

// guard: a raw value that has come to look like an envelope goes into one; `plain` (with_plain()) is one without flags.
constexpr std::string_view kGuard = R"lua(
local function guard(key)
  if head_of(redis.call('GETRANGE', key, 0, 19)) == '' then return end
  redis.call('SET', key, plain .. redis.call('GET', key), 'KEEPTTL')
end
)lua";

// put: stores a new value with a ttl in ms, '' for none; 0 has passed.
constexpr std::string_view kPut = R"lua(
local function put(key, v, ttl)
  if ttl == '' then return redis.pcall('SET', key, v) end
  if ttl == '0' then return redis.pcall('DEL', key) end
  return redis.pcall('SET', key, v, 'PX', ttl)
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
  std::string_view before[4], body;
};
constexpr Parts kParts[kScripts] = {
    // peek
    {{kHeadOf, {}, {}, {}}, R"lua(
local key, command = KEYS[1], ARGV[1]
if head_of(redis.pcall('GETRANGE', key, 0, 19)) == '' then return redis.pcall(unpack(ARGV)) end
local size = redis.call('STRLEN', key) - 20
if command == 'STRLEN' then return size end
local function text(n) return string.format('%.0f', n) end
if command == 'GETBIT' then
  local at = tonumber(ARGV[3])
  return at < size * 8 and redis.call('GETBIT', key, text(at + 160)) or 0
end
-- GETRANGE key first last, BITCOUNT key [first last unit], BITPOS key bit [first [last unit]]: the range as the server
-- reads it, then behind the envelope.
local i = command == 'BITPOS' and 4 or 3
local bits = ARGV[i + 2] == 'BIT'
local all, shift = bits and size * 8 or size, bits and 160 or 20
local first, last = tonumber(ARGV[i] or 0), tonumber(ARGV[i + 1] or -1)
local empty = command ~= 'BITPOS' and first < 0 and last < 0 and first > last
if first < 0 then first = math.max(first + all, 0) end
if last < 0 then last = math.max(last + all, 0) end
last = math.min(last, all - 1)
if empty or first > last then return command == 'GETRANGE' and '' or command == 'BITPOS' and -1 or 0 end
local words = {command, key}
if command == 'BITPOS' then words[3] = ARGV[3] end
words[#words + 1] = text(first + shift)
if command ~= 'BITPOS' or ARGV[i + 1] then words[#words + 1] = text(last + shift) end
if ARGV[i + 2] then words[#words + 1] = ARGV[i + 2] end
local reply = redis.call(unpack(words))
if command == 'BITPOS' and reply >= 0 then return reply - 160 end
return reply
)lua"},
    // edit
    {{kFailed, kHeadOf, kGuard, {}}, R"lua(
local key, ttl, command = KEYS[1], ARGV[1], ARGV[2]
local words = {unpack(ARGV, 2)}
local function run()
  local reply = redis.pcall(unpack(words))
  -- Lua's numbers hold 53 bits: beyond them the sum is read back as text.
  if command == 'INCRBY' and type(reply) == 'number' and math.abs(reply) >= 2 ^ 53 then return redis.call('GET', key) end
  return reply
end
local made = ttl ~= '' and redis.call('EXISTS', key) == 0
local shift = command == 'SETRANGE' and 20 or command == 'SETBIT' and 160
local reply
if shift then
  local at = tonumber(words[3])
  local head = head_of(redis.pcall('GETRANGE', key, 0, 19))
  if head ~= '' then words[3] = string.format('%.0f', at + shift) end
  reply = run()
  if failed(reply) then return reply end
  if head == '' and at < shift then guard(key) end
  if head ~= '' and command == 'SETRANGE' then reply = reply - 20 end
else
  reply = run()
  if failed(reply) then
    local head = head_of(redis.pcall('GETRANGE', key, 0, 19))
    if head ~= '' then
      local bare = redis.pcall('SET', key, string.sub(redis.call('GET', key), 21), 'KEEPTTL')
      if failed(bare) then return bare end
    end
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
end
if made and not failed(reply) then redis.call('PEXPIRE', key, ttl) end
return reply
)lua"},
    // keep
    {{kFailed, {}, {}, {}}, R"lua(
local made = redis.call('EXISTS', KEYS[1]) == 0
local reply = redis.pcall(unpack(ARGV, 2))
if made and not failed(reply) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return reply
)lua"},
    // move
    {{kFailed, {}, {}, {}}, R"lua(
local reply = redis.pcall(unpack(ARGV, 2))
if reply ~= 0 and not failed(reply) then redis.call('PEXPIRE', KEYS[2], ARGV[1], 'LT') end
return reply
)lua"},
    // append
    {{kFailed, kHeadOf, kGuard, kSame}, R"lua(
local key, value, before = KEYS[1], ARGV[1], ARGV[2] == '1'
local function digest() return ARGV[9] == '1' and redis.sha1hex(redis.call('GET', key)) or '' end
local head = redis.pcall('GETRANGE', key, 0, 19)
if failed(head) then return head end
local size = redis.call('STRLEN', key)
if size == 0 and redis.call('EXISTS', key) == 0 then
  if ARGV[4] == '1' then return {'not_stored'} end
  if ARGV[6] ~= '' then return {'miss'} end
  if ARGV[5] == '0' then return {'ok', #value, redis.sha1hex(ARGV[8] .. value)} end
  local reply = redis.pcall('SET', key, ARGV[8] .. value)
  if failed(reply) then return reply end
  if ARGV[5] ~= '' then redis.call('PEXPIRE', key, ARGV[5]) end
  return {'ok', #value, digest()}
end
if ARGV[6] ~= '' and not same(redis.call('GET', key), ARGV[6], ARGV[7]) then return {'changed'} end
local short = size < 20
head = head_of(head)
size = size - #head + #value
if size > tonumber(ARGV[3]) then return {'too_large'} end
local reply
if before then
  reply = redis.pcall('SET', key, head .. value .. string.sub(redis.call('GET', key), #head + 1), 'KEEPTTL')
else
  reply = redis.pcall('APPEND', key, value)
end
if failed(reply) then return reply end
if head == '' and (before or short) then guard(key) end
return {'ok', size, digest()}
)lua"},
    // count
    {{kFailed, kHeadOf, kSame, kPut}, R"lua(
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
if failed(v) then return v end
if not v then
  if ARGV[3] == '' then return {'miss'} end
  local reply = put(key, ARGV[3], ARGV[4])
  if failed(reply) then return reply end
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
local reply = redis.pcall('SET', key, stored, 'KEEPTTL')
if failed(reply) then return reply end
local left = redis.call('PTTL', key)
if ARGV[5] == 'PERSIST' then redis.call('PERSIST', key) end
if ARGV[5] == 'PEXPIRE' then redis.call('PEXPIRE', key, ARGV[6]) end
return {'ok', sum, redis.sha1hex(stored), left}
)lua"},
    // cas
    {{kFailed, kSame, {}, {}}, R"lua(
local v = redis.pcall('GET', KEYS[1])
if failed(v) then return v end
if not v then return {'miss'} end
if not same(v, ARGV[1], ARGV[2]) then return {'changed'} end
local reply = redis.pcall(unpack(ARGV, 3))
if failed(reply) then return reply end
return {'ok'}
)lua"},
    // set_many
    {{kFailed, kPut, {}, {}}, R"lua(
local n = #KEYS
if ARGV[1] == '1' then
  for i = 1, n do
    if redis.call('EXISTS', KEYS[i]) == 1 then return 0 end
  end
end
for i = 1, n do
  local reply = put(KEYS[i], ARGV[1 + i], ARGV[1 + n + i])
  if failed(reply) then return reply end
end
return 1
)lua"},
    // clear
    {{{}, {}, {}, {}}, R"lua(
local n = 0
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do n = n + redis.call('DEL', key) end
return n
)lua"},
};

// The line that defines `plain` for guard().
std::string with_plain() {
  std::string line = "local plain = '";
  for (unsigned char c : make_envelope(0)) line += '\\' + std::to_string(1000 + c).substr(1);
  return line + "'";
}

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
      for (std::string_view part : kParts[i].before) {
        if (part == kGuard) a[i].text += with_plain();
        a[i].text += part;
      }
      a[i].text += kParts[i].body;
      a[i].digest = sha1_hex(a[i].text);
    }
    return a;
  }();
  return all[static_cast<size_t>(s)];
}

}  // namespace

std::string_view text_of(Script s) { return whole(s).text; }
std::string_view digest_of(Script s) { return whole(s).digest; }

std::optional<Script> find_script(std::string_view digest) {
  for (unsigned i = 0; i < kScripts; ++i)
    if (digest_of(static_cast<Script>(i)) == digest) return static_cast<Script>(i);
  return std::nullopt;
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
