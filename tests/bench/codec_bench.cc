// Converts one value again and again by a codec, as requests do, for `make bench`: its processor time a conversion, as
// one line of JSON. `codec_peer.py` and `table_peer.py` do the same with Python's libraries, and make the inputs. Of
// tables the other form is csv.
//   codec_bench CASE FILE SECONDS
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "codecs/codec.h"
#include "codecs/pickle.h"

using namespace cachetted::codecs;
namespace tables = cachetted::tables;

namespace {

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

struct Bench {
  Limits limits;
  Document document;
  std::string stored, shown, why;
  tables::Outcome outcome;

  void must(bool good) {
    if (good) return;
    std::fprintf(stderr, "codec_bench: %s\n", why.c_str());
    std::exit(1);
  }
  void put(std::string_view in, const Codec& codec) {
    stored.clear();
    if (codec.table) return must(tables::convert(in, tables::Form::csv, *codec.table, {}, stored, outcome, why));
    must(to_store(in, Form::json, codec, limits, document, stored, why));
  }
  void get(std::string_view in, const Codec& codec) {
    shown.clear();
    if (codec.table) return must(tables::convert(in, *codec.table, tables::Form::csv, {}, shown, outcome, why));
    must(to_client(in, codec, Form::json, limits, document, shown, why));
  }
  // NAME: both ways through the codec of that name; put-NAME, get-NAME: one of them; read-NAME: decoding alone.
  void once(std::string_view way, const Codec& codec, std::string_view in) {
    if (way == "get") return get(in, codec);
    if (way == "read") {
      document.clear();
      return must(codec.decode(in, limits, document, why));
    }
    put(in, codec);
    if (way.empty()) get(stored, codec);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fputs("usage: codec_bench CASE FILE SECONDS\n", stderr), 2;
  std::string_view name = argv[1], way;
  if (const size_t dash = name.find('-'); dash != name.npos) {
    way = name.substr(0, dash);
    name.remove_prefix(dash + 1);
  }
  const Codec* codec = find_codec(name);
  std::ifstream file(argv[2], std::ios::binary);
  const std::string in{std::istreambuf_iterator<char>(file), {}};
  if (codec == nullptr || in.empty()) return std::fputs("codec_bench: no such codec, or no input\n", stderr), 2;
  Bench bench;
  const double seconds = std::atof(argv[3]);
  size_t turns = 1, done = 0;
  for (bench.once(way, *codec, in);; turns *= 2) {
    const double begun = cpu_seconds();
    for (done = 0; done < turns; ++done) bench.once(way, *codec, in);
    const double used = cpu_seconds() - begun;
    if (used < seconds / 2) continue;
    std::printf("{\"us\": %.4f, \"values\": %zu}\n", used / static_cast<double>(done) * 1e6, done);
    return 0;
  }
}
