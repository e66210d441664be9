// Implements ring.h: libmemcached reads the list and hashes the keys.
#include "backends/memcached/ring.h"

#include <libmemcached/memcached.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace cachetted::memcached {
namespace {

std::vector<std::string> split(std::string_view text, std::string_view at) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    size_t end = std::min(text.find_first_of(at), text.size());
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return parts;
}

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  throw std::runtime_error("memcached_host: libmemcached does not take '" + text + "': " + why);
}

// Its words, without the address and place in its source that it adds.
std::string without_trace(std::string text) {
  if (size_t at = text.find(" -> "); at != text.npos) text.resize(at);
  if (size_t at = text.find(") "); text.starts_with('(') && at != text.npos) text.erase(0, at + 2);
  return text;
}

bool is_configuration(const ServerList& list) { return list.servers[0].text.starts_with("--"); }

// Of the servers in use, as one text in the form in which they were written.
std::string text_of(const ServerList& list, const std::vector<bool>& use) {
  const bool configuration = is_configuration(list);
  std::string text = list.options;
  for (size_t i = 0; i < list.servers.size(); ++i) {
    if (!use.empty() && !use[i]) continue;
    if (!text.empty()) text += configuration ? " " : ",";
    text += list.servers[i].text;
  }
  return text;
}

Memcached parse(const std::string& text, bool configuration) {
  if (configuration) {
    Memcached m(::memcached(text.data(), text.size()));
    if (m != nullptr) return m;
    char error[1024] = "it is no configuration";
    libmemcached_check_configuration(text.data(), text.size(), error, sizeof error);
    refuse(text, without_trace(error));
  }
  Memcached m(memcached_create(nullptr));
  memcached_server_st* servers = memcached_servers_parse(text.c_str());
  memcached_return_t result = servers != nullptr ? memcached_server_push(m.get(), servers) : MEMCACHED_FAILURE;
  if (servers != nullptr) memcached_server_list_free(servers);
  if (result != MEMCACHED_SUCCESS) refuse(text, "it is no list of servers");
  return m;
}

void set(memcached_st* m, memcached_behavior_t behavior, uint64_t value, const std::string& what) {
  if (memcached_behavior_set(m, behavior, value) != MEMCACHED_SUCCESS)
    throw std::runtime_error("memcached: this libmemcached has no " + what);
}

void set_distribution(memcached_st* m, const std::string& name) {
  const std::string what = "distribution '" + name + "'";
  if (name == "modula") set(m, MEMCACHED_BEHAVIOR_DISTRIBUTION, MEMCACHED_DISTRIBUTION_MODULA, what);
  if (name == "consistent") set(m, MEMCACHED_BEHAVIOR_DISTRIBUTION, MEMCACHED_DISTRIBUTION_CONSISTENT, what);
  if (name == "ketama") set(m, MEMCACHED_BEHAVIOR_KETAMA, 1, what);
  if (name == "ketama_weighted") set(m, MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1, what);
}

struct HashName {
  std::string_view name;
  memcached_hash_t hash;
};
constexpr HashName kHashes[] = {
    {"default", MEMCACHED_HASH_DEFAULT},   {"md5", MEMCACHED_HASH_MD5},           {"crc", MEMCACHED_HASH_CRC},
    {"fnv1_64", MEMCACHED_HASH_FNV1_64},   {"fnv1a_64", MEMCACHED_HASH_FNV1A_64}, {"fnv1_32", MEMCACHED_HASH_FNV1_32},
    {"fnv1a_32", MEMCACHED_HASH_FNV1A_32}, {"hsieh", MEMCACHED_HASH_HSIEH},       {"murmur", MEMCACHED_HASH_MURMUR},
    {"jenkins", MEMCACHED_HASH_JENKINS},   {"murmur3", MEMCACHED_HASH_MURMUR3},
};

config::StoreUrl url_of(const memcached_instance_st* server) {
  config::StoreUrl url;
  std::string name = memcached_server_name(server);
  if (std::string_view(memcached_server_type(server)) == "SOCKET") {
    url.unix_path = std::move(name);
    return url;
  }
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  url.host = std::move(name);
  url.port = memcached_server_port(server);
  return url;
}

std::vector<config::StoreUrl> urls_of(const memcached_st* m) {
  std::vector<config::StoreUrl> urls;
  memcached_server_fn note = [](const memcached_st*, const memcached_instance_st* server, void* to) {
    static_cast<std::vector<config::StoreUrl>*>(to)->push_back(url_of(server));
    return MEMCACHED_SUCCESS;
  };
  memcached_server_cursor(m, &note, &urls, 1);
  return urls;
}

}  // namespace

void FreeMemcached::operator()(memcached_st* m) const { memcached_free(m); }

ServerList::ServerList(const config::Config& c) : distribution(c.memcached.distribution), hash(c.memcached.hash) {
  const std::string& text = c.store.memcached_host;
  const bool configuration = text.starts_with("--");
  for (std::string& word : split(text, configuration ? " " : ",")) {
    std::string kind = word.substr(0, word.find('='));
    std::transform(kind.begin(), kind.end(), kind.begin(), [](char x) { return static_cast<char>(std::tolower(x)); });
    if (!configuration || kind == "--server" || kind == "--socket") {
      servers.push_back({std::move(word), {}});
    } else {
      options += (options.empty() ? "" : " ") + word;
    }
  }
  if (servers.empty()) refuse(text, "it names no server");
  Memcached all = make_memcached(*this);
  std::vector<config::StoreUrl> urls = urls_of(all.get());
  if (urls.size() != servers.size())
    refuse(text, "it finds " + std::to_string(urls.size()) + " servers, not " + std::to_string(servers.size()));
  for (size_t i = 0; i < urls.size(); ++i) servers[i].url = std::move(urls[i]);
}

Memcached make_memcached(const ServerList& list, const std::vector<bool>& use) {
  Memcached m = parse(text_of(list, use), is_configuration(list));
  set_distribution(m.get(), list.distribution);
  for (const HashName& h : kHashes)
    if (h.name == list.hash) set(m.get(), MEMCACHED_BEHAVIOR_HASH, h.hash, "hash '" + list.hash + "'");
  return m;
}

Ring::Ring(const ServerList& list, const std::vector<bool>& use) : memcached_(make_memcached(list, use)) {
  for (unsigned i = 0; i < list.servers.size(); ++i)
    if (use.empty() || use[i]) index_.push_back(i);
}

uint32_t Ring::position_of(std::string_view key) const {
  return memcached_generate_hash(memcached_.get(), key.data(), key.size());
}

}  // namespace cachetted::memcached
