// What `make bench` compares cachetted over MongoDB with: a program that asks the server itself, by the same driver, as
// one written by hand would. So many threads, each with a client of its own, each with one command a request. Prints
// one line of JSON like loadgen's.
#include <mongoc/mongoc.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/histogram.h"

namespace cachetted::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int64_t kNever = 253402300799;  // seconds

struct Options {
  std::string url, database = "cachette-db", collection = "cachette";
  int threads = 4, keys = 100'000, writes = 1, reads = 10, value_bytes = 100, seed = 1;
  double seconds = 4;
  bool preload = false;  // each key once
};

class Worker {
 public:
  Worker(const Options& o, int number)
      : o_(o), number_(number), random_(static_cast<unsigned>(o.seed * 1000 + number)) {
    client_ = mongoc_client_new(o.url.c_str());
    if (client_ == nullptr) throw std::runtime_error("the driver refuses " + o.url);
    mongoc_client_set_error_api(client_, MONGOC_ERROR_API_VERSION_2);
    collection_ = mongoc_client_get_collection(client_, o.database.c_str(), o.collection.c_str());
  }
  ~Worker() {
    mongoc_collection_destroy(collection_);
    mongoc_client_destroy(client_);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // As the library does, and cachetted: else each look-up reads all documents.
  void make_index() {
    bson_t* command =
        BCON_NEW("createIndexes", BCON_UTF8(o_.collection.c_str()), "indexes", "[", "{", "key", "{", "key",
                 BCON_INT32(1), "}", "name", BCON_UTF8("key_1"), "unique", BCON_BOOL(true), "}", "]");
    bson_error_t e;
    const bool good =
        mongoc_client_write_command_with_opts(client_, o_.database.c_str(), command, nullptr, nullptr, &e);
    bson_destroy(command);
    if (!good) throw std::runtime_error(e.message);
  }

  void run(Clock::time_point end) {
    try {
      if (o_.preload) return preload();
      std::uniform_int_distribution<int> key(0, o_.keys - 1), kind(1, o_.reads + o_.writes);
      for (auto begun = Clock::now(); begun < end;) {
        kind(random_) > o_.writes ? get(key(random_)) : set(key(random_));
        const auto now = Clock::now();
        latency.record(static_cast<uint64_t>(std::chrono::nanoseconds(now - begun).count()));
        begun = now;
      }
    } catch (const std::runtime_error& e) {
      fault = e.what();
    }
  }

  Histogram latency;
  uint64_t hits = 0, misses = 0, writes = 0;
  std::string fault;

 private:
  void preload() {
    for (int i = number_; i < o_.keys; i += o_.threads) set(i);
  }

  void get(int key) {
    bson_t* filter = BCON_NEW("key", BCON_UTF8(name(key)));
    bson_t* options = BCON_NEW("limit", BCON_INT64(1));
    mongoc_cursor_t* cursor = mongoc_collection_find_with_opts(collection_, filter, options, nullptr);
    const bson_t* document = nullptr;
    ++(mongoc_cursor_next(cursor, &document) ? hits : misses);
    bson_error_t e;
    const bool failed = mongoc_cursor_error(cursor, &e);
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    bson_destroy(filter);
    if (failed) throw std::runtime_error(e.message);
  }

  void set(int key) {
    std::string value;
    while (value.size() < static_cast<size_t>(o_.value_bytes)) value += name(key);
    bson_t* filter = BCON_NEW("key", BCON_UTF8(name(key)));
    bson_t* update = BCON_NEW("$set", "{", "value",
                              BCON_BIN(BSON_SUBTYPE_BINARY, reinterpret_cast<const uint8_t*>(value.data()),
                                       static_cast<uint32_t>(o_.value_bytes)),
                              "expires", BCON_INT64(kNever), "}");
    bson_t* options = BCON_NEW("upsert", BCON_BOOL(true));
    bson_error_t e;
    const bool good = mongoc_collection_update_one(collection_, filter, update, options, nullptr, &e);
    bson_destroy(options);
    bson_destroy(update);
    bson_destroy(filter);
    if (!good) throw std::runtime_error(e.message);
    ++writes;
  }

  const char* name(int key) {
    std::snprintf(name_, sizeof name_, "key:%06d", key);
    return name_;
  }

  const Options& o_;
  const int number_;
  std::mt19937 random_;
  mongoc_client_t* client_;
  mongoc_collection_t* collection_;
  char name_[32];
};

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  auto seconds = [](timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

int run(const Options& o) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < o.threads; ++i) workers.push_back(std::make_unique<Worker>(o, i));
  if (o.preload) workers[0]->make_index();
  const double cpu_before = cpu_seconds();
  const auto begun = Clock::now();
  const auto end = begun + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(o.seconds));
  std::vector<std::thread> threads;
  for (auto& w : workers) threads.emplace_back([&w, end] { w->run(end); });
  for (auto& t : threads) t.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  const double cpu = cpu_seconds() - cpu_before;
  Histogram latency;
  uint64_t hits = 0, misses = 0, writes = 0;
  for (auto& w : workers) {
    if (!w->fault.empty()) throw std::runtime_error(w->fault);
    latency.add(w->latency);
    hits += w->hits, misses += w->misses, writes += w->writes;
  }
  const double ops = static_cast<double>(hits + misses + writes);
  auto us = [&](double percent) { return static_cast<double>(latency.percentile(percent)) / 1e3; };
  std::printf(
      "{\"ops\":%.0f,\"hits\":%llu,\"misses\":%llu,\"seconds\":%.6f,\"ops_per_sec\":%.1f,\"own_cpu_seconds\":%.6f,"
      "\"own_cpu_us_per_op\":%.4f,\"latency_us\":{\"p50\":%.1f,\"p99\":%.1f,\"p99.9\":%.1f,\"max\":%.1f},"
      "\"send_lag_us\":{\"p99\":0}}\n",
      ops, static_cast<unsigned long long>(hits), static_cast<unsigned long long>(misses), seconds, ops / seconds, cpu,
      cpu / ops * 1e6, us(50), us(99), us(99.9), static_cast<double>(latency.max()) / 1e3);
  return 0;
}

}  // namespace
}  // namespace cachetted::bench

int main(int argc, char** argv) {
  cachetted::bench::Options o;
  CLI::App app("asks a MongoDB server by its C driver; prints one line of JSON");
  app.add_option("--url", o.url, "mongodb://...")->required();
  app.add_option("--threads", o.threads, "each with a client of its own");
  app.add_option("--keys", o.keys, "number of keys: key:000042");
  app.add_option("--writes", o.writes, "writes to ...");
  app.add_option("--reads", o.reads, "reads, mixed at random");
  app.add_option("--value-bytes", o.value_bytes, "length of a value");
  app.add_option("--seed", o.seed, "of the choice of keys and operations");
  app.add_option("--seconds", o.seconds, "how long");
  app.add_flag("--preload", o.preload, "write each key once instead");
  CLI11_PARSE(app, argc, argv);
  mongoc_init();
  try {
    return cachetted::bench::run(o);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "mongo_peer: %s\n", e.what());
    return 1;
  }
}
