// A client of memcached as libmemcached itself is one, for run.py, which says what it asks on standard input:
//   ring_libmemcached DISTRIBUTION HASH HOST:PORT:WEIGHT|/PATH:0:WEIGHT...
//   ring_libmemcached "--SERVER=... --DISTRIBUTION=..."
// It is asked `set TAG N`, `get TAG N` or `where TAG N`, then N lines with a key each. It answers a line for each key:
// `+` where it now reads TAG and the key as its value, its value (nothing where there is none), or its server's number.
#include <libmemcached/memcached.h>

#include <cstdint>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

constexpr size_t kKeysOfAGet = 500;

using Client = std::unique_ptr<memcached_st, void (*)(memcached_st*)>;
using Keys = std::vector<std::string>;
using Values = std::unordered_map<std::string, std::string>;

void must(const Client& client, memcached_return_t result) {
  if (memcached_failed(result)) throw std::runtime_error(memcached_strerror(client.get(), result));
}

memcached_hash_t hash_named(const std::string& name) {
  static const std::map<std::string, memcached_hash_t> kHashes = {
      {"default", MEMCACHED_HASH_DEFAULT},   {"md5", MEMCACHED_HASH_MD5},           {"crc", MEMCACHED_HASH_CRC},
      {"fnv1_64", MEMCACHED_HASH_FNV1_64},   {"fnv1a_64", MEMCACHED_HASH_FNV1A_64}, {"fnv1_32", MEMCACHED_HASH_FNV1_32},
      {"fnv1a_32", MEMCACHED_HASH_FNV1A_32}, {"murmur", MEMCACHED_HASH_MURMUR},     {"jenkins", MEMCACHED_HASH_JENKINS},
      {"murmur3", MEMCACHED_HASH_MURMUR3},
  };
  const auto found = kHashes.find(name);
  if (found == kHashes.end()) throw std::invalid_argument("no hash is called " + name);
  return found->second;
}

void set_distribution(const Client& client, const std::string& name) {
  const auto set = [&](memcached_behavior_t behavior, uint64_t value) {
    must(client, memcached_behavior_set(client.get(), behavior, value));
  };
  if (name == "modula") {
    set(MEMCACHED_BEHAVIOR_DISTRIBUTION, MEMCACHED_DISTRIBUTION_MODULA);
  } else if (name == "consistent") {
    set(MEMCACHED_BEHAVIOR_DISTRIBUTION, MEMCACHED_DISTRIBUTION_CONSISTENT);
  } else if (name == "ketama") {
    set(MEMCACHED_BEHAVIOR_KETAMA, 1);
  } else if (name == "ketama_weighted") {
    set(MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED, 1);
  } else {
    throw std::invalid_argument("no distribution is called " + name);
  }
}

void add_server(const Client& client, const std::string& server) {
  const size_t weight_at = server.rfind(':');
  const size_t port_at = server.rfind(':', weight_at - 1);
  if (port_at == std::string::npos) throw std::invalid_argument("no HOST:PORT:WEIGHT: " + server);
  const std::string host = server.substr(0, port_at);
  const auto port = static_cast<in_port_t>(std::stoul(server.substr(port_at + 1)));
  const auto weight = static_cast<uint32_t>(std::stoul(server.substr(weight_at + 1)));
  must(client, host[0] == '/' ? memcached_server_add_unix_socket_with_weight(client.get(), host.c_str(), weight)
                              : memcached_server_add_with_weight(client.get(), host.c_str(), port, weight));
}

// As pylibmc does it. The hash goes before the servers: it makes their points. So does the distribution, which lets
// their weights count; and behind the hash, as a weighted ring brings its own.
Client make_client(int argc, char** argv) {
  if (argc == 2) {
    Client client(memcached(argv[1], std::strlen(argv[1])), memcached_free);
    return client ? std::move(client) : throw std::invalid_argument(argv[1]);
  }
  if (argc < 4) throw std::invalid_argument("DISTRIBUTION HASH SERVER...");
  Client client(memcached_create(nullptr), memcached_free);
  must(client, memcached_behavior_set(client.get(), MEMCACHED_BEHAVIOR_HASH, hash_named(argv[2])));
  set_distribution(client, argv[1]);
  for (int i = 3; i < argc; ++i) add_server(client, argv[i]);
  return client;
}

Values values_of(const Client& client, const Keys& keys) {
  Values found;
  for (size_t begin = 0; begin < keys.size(); begin += kKeysOfAGet) {
    std::vector<const char*> names;
    std::vector<size_t> sizes;
    for (size_t i = begin; i < keys.size() && i < begin + kKeysOfAGet; ++i) {
      names.push_back(keys[i].data());
      sizes.push_back(keys[i].size());
    }
    must(client, memcached_mget(client.get(), names.data(), sizes.data(), names.size()));
    memcached_return_t result = MEMCACHED_SUCCESS;
    while (memcached_result_st* item = memcached_fetch_result(client.get(), nullptr, &result)) {
      found[{memcached_result_key_value(item), memcached_result_key_length(item)}] = {memcached_result_value(item),
                                                                                      memcached_result_length(item)};
      memcached_result_free(item);
    }
  }
  return found;
}

// No answer is waited for, which saves most of the time: reading tells that all are in place.
void set(const Client& client, const std::string& tag, const Keys& keys) {
  must(client, memcached_behavior_set(client.get(), MEMCACHED_BEHAVIOR_NOREPLY, 1));
  for (const std::string& key : keys) {
    const std::string value = tag + key;
    must(client, memcached_set(client.get(), key.data(), key.size(), value.data(), value.size(), 0, 0));
  }
  must(client, memcached_behavior_set(client.get(), MEMCACHED_BEHAVIOR_NOREPLY, 0));
  Values found = values_of(client, keys);
  for (const std::string& key : keys) std::cout << (found[key] == tag + key ? "+" : "not stored") << '\n';
}

void get(const Client& client, const Keys& keys) {
  Values found = values_of(client, keys);
  for (const std::string& key : keys) std::cout << found[key] << '\n';
}

void where(const Client& client, const Keys& keys) {
  for (const std::string& key : keys)
    std::cout << memcached_generate_hash(client.get(), key.data(), key.size()) << '\n';
}

void answer(const Client& client) {
  std::string what, tag;
  size_t count = 0;
  while (std::cin >> what >> tag >> count) {
    Keys keys(count);
    for (std::string& key : keys) std::cin >> key;
    if (what == "set") {
      set(client, tag, keys);
    } else if (what == "get") {
      get(client, keys);
    } else if (what == "where") {
      where(client, keys);
    } else {
      throw std::invalid_argument("no command is called " + what);
    }
    std::cout.flush();
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  try {
    answer(make_client(argc, argv));
    return 0;
  } catch (const std::exception& fault) {
    std::cerr << "ring_libmemcached: " << fault.what() << '\n';
    return 2;
  }
}
