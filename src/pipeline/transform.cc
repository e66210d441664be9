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

void note_table(const codecs::Codec& codec, const tables::Outcome& outcome, std::vector<Spent>& spent) {
  if (!codec.table) return;
  spent.back().table = true;
  spent.back().outcome = outcome;
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
  using config::ClientCodec;
  constexpr codecs::Form kForms[] = {codecs::Form::json,       codecs::Form::json,  codecs::Form::msgpack,
                                     codecs::Form::raw,        codecs::Form::csv,   codecs::Form::json_columns,
                                     codecs::Form::json_split, codecs::Form::arrow, codecs::Form::feather,
                                     codecs::Form::parquet};
  auto codec_said = client_codec;
  auto types_said = client_types;
  if (!own_codec && client.client_codec != 0) codec_said = static_cast<ClientCodec>(client.client_codec - 1);
  if (!own_types && client.client_types != 0) types_said = static_cast<config::ClientTypes>(client.client_types - 1);
  const bool tables = keeps_tables();
  if (!(tables ? for_tables(codec_said) : for_values(codec_said))) codec_said = ClientCodec::standard;
  if (codec_said == ClientCodec::standard) codec_said = tables ? ClientCodec::csv : ClientCodec::json;
  const codecs::Form form = kForms[static_cast<size_t>(codec_said)];
  return form == codecs::Form::json && types_said == config::ClientTypes::plain ? codecs::Form::json_plain : form;
}

bool Transform::encode(std::string_view in, codecs::Form form, std::string& out, std::string& why,
                       std::vector<Spent>& spent) const {
  Workbench& bench = workbench();
  const bool converts = codec != nullptr && form != codecs::Form::raw;
  const size_t begun = out.size();
  if (converts) {
    tables::Outcome outcome;
    const bool good = timed(label(codec->id), Direction::encode, in, out, spent, [&] {
      if (codec->table) return tables::convert(in, *table_form(form), *codec->table, table, out, outcome, why);
      bench.document.clear();
      return codecs::to_store(in, form, *codec, kLimits, bench.document, out, why);
    });
    note_table(*codec, outcome, spent);
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

// What is behind the envelope, and by which codec; it may be this thread's Workbench then.
bool Transform::unpack(std::string_view& in, const codecs::Codec*& by, size_t most, std::string& why,
                       std::vector<Spent>& spent) const {
  Workbench& bench = workbench();
  const Opened opened = looks_packed(in) ? open_envelope(in) : Opened{in};
  in = opened.value;
  if (opened.compression != Compression::none) {
    bench.middle.clear();
    const bool good = timed(label(opened.compression), Direction::decode, in, bench.middle, spent,
                            [&] { return codecs::decompress(in, opened.compression, most, bench.middle, why); });
    if (!good) return name_codec(codecs::name_of(opened.compression), why), false;
    in = bench.middle;
  }
  by = opened.codec == CodecId::vanilla ? codec : codecs::find_codec(opened.codec);
  if (opened.codec == CodecId::vanilla || by != nullptr) return true;
  why = "it is kept by a codec that this version does not have";
  return false;
}

bool Transform::decode(std::string_view in, codecs::Form form, size_t most, std::string& out, std::string& why,
                       std::vector<Spent>& spent) const {
  std::string_view within;
  if (!view(in, form, most, out, within, why, spent)) return false;
  out.append(within);
  return true;
}

bool Transform::view(std::string_view in, codecs::Form form, size_t most, std::string& out, std::string_view& within,
                     std::string& why, std::vector<Spent>& spent) const {
  const std::string_view stored = in;
  codecs::Limits limits = kLimits;
  limits.output = std::min(limits.output, most);
  const codecs::Codec* by = nullptr;
  if (!unpack(in, by, limits.output, why, spent)) return false;
  const bool unpacked = in.data() >= stored.data() && in.data() <= stored.data() + stored.size();
  if (by == nullptr || form == codecs::Form::raw || in.empty()) {
    unpacked ? void(within = in) : void(out.append(in));
    return true;
  }
  tables::Outcome outcome;
  const bool good = timed(label(by->id), Direction::decode, in, out, spent, [&] {
    if (by->table) {
      tables::Options options = table;
      options.limits.bytes = std::min<uint64_t>(options.limits.bytes, limits.output);
      const tables::Form to = table_form(form).value_or(*by->table);
      if (!unpacked) return tables::convert(in, *by->table, to, options, out, outcome, why);
      return tables::view(in, *by->table, to, options, out, outcome, why);
    }
    Workbench& bench = workbench();
    bench.document.clear();
    return codecs::to_client(in, *by, form, limits, bench.document, out, why);
  });
  note_table(*by, outcome, spent);
  if (unpacked) within = outcome.within;
  spent.back().after += within.size();
  if (!good) name_codec(by->name, why);
  return good;
}

bool Transform::describe_table(std::string_view in, std::string& out, std::string& why) const {
  const codecs::Codec* by = nullptr;
  std::vector<Spent> unnoticed;
  tables::Outcome outcome;
  return unpack(in, by, kLimits.output, why, unnoticed) && by != nullptr && by->table &&
         tables::describe(in, *by->table, table, out, outcome, why);
}

}  // namespace cachetted
