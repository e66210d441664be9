// Implements transform.h.
#include "pipeline/transform.h"

#include <algorithm>

#include "core/clock.h"

namespace cachetted {
namespace {

using metrics::CodecName;
using metrics::Direction;

constexpr codecs::Limits kLimits;

// The labels of CodecName are CodecId's, then Compression's but for none.
CodecName label(CodecId id) { return static_cast<CodecName>(id); }
CodecName label(Compression c) {
  return static_cast<CodecName>(static_cast<int>(CodecName::zstd) + static_cast<int>(c) -
                                static_cast<int>(Compression::zstd));
}

// Runs one step and tells what it cost.
template <class Step>
bool timed(CodecName codec, Direction direction, std::string_view in, std::string& out, std::vector<Spent>& spent,
           const Step& step) {
  const uint64_t begun = steady_ns();
  const size_t before = out.size();
  const bool good = step();
  if (!good) out.resize(before);
  spent.push_back({codec, direction, steady_ns() - begun, in.size(), out.size() - before, !good});
  return good;
}

void name_codec(std::string_view name, std::string& why) {
  if (!why.starts_with("codec '")) why = "codec '" + std::string(name) + "': " + why;
}

}  // namespace

Workbench& workbench() {
  constexpr size_t kKept = 1 << 20;
  thread_local Workbench w;
  if (w.middle.capacity() > kKept) std::string().swap(w.middle);
  return w;
}

codecs::Form Transform::form(const Owner& client) const {
  auto codec_said = client_codec;
  auto types_said = client_types;
  if (!own_codec && client.client_codec != 0) codec_said = static_cast<config::ClientCodec>(client.client_codec - 1);
  if (!own_types && client.client_types != 0) types_said = static_cast<config::ClientTypes>(client.client_types - 1);
  if (codec_said == config::ClientCodec::msgpack) return codecs::Form::msgpack;
  if (codec_said == config::ClientCodec::raw) return codecs::Form::raw;
  return types_said == config::ClientTypes::plain ? codecs::Form::json_plain : codecs::Form::json;
}

bool Transform::encode(std::string_view in, codecs::Form form, std::string& out, std::string& why,
                       std::vector<Spent>& spent) const {
  Workbench& bench = workbench();
  const bool converts = codec != nullptr && form != codecs::Form::raw;
  const size_t begun = out.size();
  if (converts) {
    const bool good = timed(label(codec->id), Direction::encode, in, out, spent, [&] {
      bench.document.clear();
      return codecs::to_store(in, form, *codec, kLimits, bench.document, out, why);
    });
    if (!good) return name_codec(codec->name, why), false;
    in = std::string_view(out).substr(begun);
  }
  if (compression != Compression::none && in.size() >= min_size) {
    bench.middle = make_envelope(0, CodecId::vanilla, compression);
    const bool shrunk = timed(label(compression), Direction::encode, in, bench.middle, spent, [&] {
      codecs::compress(in, compression, level, bench.middle);
      return true;
    });
    if (shrunk && bench.middle.size() > kEnvelope) {
      out.resize(begun);
      out += bench.middle;
      return true;
    }
  }
  if (looks_packed(in)) {  // by chance, or since a client wants it to
    const std::string envelope = make_envelope(0);
    converts ? out.insert(begun, envelope) : out.append(envelope).append(in);
    return true;
  }
  if (!converts) out.append(in);
  return true;
}

bool Transform::decode(std::string_view in, codecs::Form form, size_t most, std::string& out, std::string& why,
                       std::vector<Spent>& spent) const {
  Workbench& bench = workbench();
  codecs::Limits limits = kLimits;
  limits.output = std::min(limits.output, most);
  const Opened opened = looks_packed(in) ? open_envelope(in) : Opened{in};
  in = opened.value;
  if (opened.compression != Compression::none) {
    bench.middle.clear();
    const bool good = timed(label(opened.compression), Direction::decode, in, bench.middle, spent, [&] {
      return codecs::decompress(in, opened.compression, limits.output, bench.middle, why);
    });
    if (!good) return name_codec(codecs::name_of(opened.compression), why), false;
    in = bench.middle;
  }
  const codecs::Codec* by = opened.codec == CodecId::vanilla ? codec : codecs::find_codec(opened.codec);
  if (opened.codec != CodecId::vanilla && by == nullptr) {
    why = "it is kept by a codec that this version does not have";
    return false;
  }
  if (by == nullptr || form == codecs::Form::raw || in.empty()) {
    out.append(in);
    return true;
  }
  const bool good = timed(label(by->id), Direction::decode, in, out, spent, [&] {
    bench.document.clear();
    return codecs::to_client(in, *by, form, limits, bench.document, out, why);
  });
  if (!good) name_codec(by->name, why);
  return good;
}

}  // namespace cachetted
