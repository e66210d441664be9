// Implements codec.h: the rows of codecs, and the two ways through them.
#include <algorithm>

#include "codecs/codec.h"
#include "codecs/json.h"
#include "codecs/msgpack.h"
#include "codecs/pickle.h"

namespace cachetted::codecs {
namespace {

bool decode_json(std::string_view in, const Limits& limits, Document& into, std::string& why) {
  return read_json(in, Types::plain, limits, into, why);
}

constexpr Codec kCodecs[] = {
    {"json", CodecId::json, "what Python's json.dumps writes", decode_json, write_python_json},
    {"orjson", CodecId::orjson, "what orjson.dumps writes: JSON without spaces, in UTF-8", decode_json, write_orjson},
    {"msgpack", CodecId::msgpack, "what Python's msgpack.dumps writes: MessagePack", read_msgpack, write_msgpack},
    {"pickle", CodecId::pickle,
     "what Python's pickle.dumps writes: protocol 4, and 0 to 5 are read; nothing in it is run", read_pickle,
     write_pickle},
    {"csv", CodecId::csv, "a table as pandas' to_csv writes it: column 0 is the index", nullptr, nullptr,
     tables::Form::csv},
    {"feather", CodecId::feather, "a table as pandas' to_feather writes it: version 2", nullptr, nullptr,
     tables::Form::feather},
    {"parquet", CodecId::parquet, "a table as pandas' to_parquet writes it", nullptr, nullptr, tables::Form::parquet},
};

struct ClientForm {
  std::string_view name;
  Decode* decode;
  Encode* encode;
};

// By Form. Raw has no functions: what a client writes and reads is what the store holds.
constexpr ClientForm kForms[] = {
    {"json",
     [](std::string_view in, const Limits& limits, Document& into, std::string& why) {
       return read_json(in, Types::tagged, limits, into, why);
     },
     [](Value& value, const Limits& limits, std::string& out, std::string& why) {
       return write_json(value, Types::tagged, limits, out, why);
     }},
    {"json", decode_json,
     [](Value& value, const Limits& limits, std::string& out, std::string& why) {
       return write_json(value, Types::plain, limits, out, why);
     }},
    {"msgpack", read_msgpack, write_msgpack},
};

const ClientForm& form_of(Form form) { return kForms[static_cast<size_t>(form)]; }

constexpr std::string_view kCodec = "codec", kClient = "client form";

bool blame(std::string_view who, std::string_view name, std::string& why) {
  why = std::string(who).append(" '").append(name).append("': ").append(why);
  return false;
}

// Leaves `out` as it was where it fails; the scratch has a root then if it was decoded.
bool convert(std::string_view in, Decode* decode, Encode* encode, const Limits& limits, Document& scratch,
             std::string& out, std::string& why) {
  scratch.clear();
  if (!decode(in, limits, scratch, why)) {
    scratch.root = nullptr;
    return false;
  }
  const size_t begun = out.size();
  if (encode(*scratch.root, limits, out, why)) return true;
  out.resize(begun);
  return false;
}

}  // namespace

std::span<const Codec> codecs() { return kCodecs; }

const Codec* find_codec(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kCodecs), std::end(kCodecs), [&](const Codec& c) { return c.name == name; });
  return found == std::end(kCodecs) ? nullptr : found;
}

const Codec* find_codec(CodecId id) {
  const auto* const found =
      std::find_if(std::begin(kCodecs), std::end(kCodecs), [&](const Codec& c) { return c.id == id; });
  return found == std::end(kCodecs) ? nullptr : found;
}

std::optional<tables::Form> table_form(Form form) {
  switch (form) {
    case Form::json:
    case Form::json_plain: return tables::Form::json;
    case Form::csv: return tables::Form::csv;
    case Form::json_columns: return tables::Form::json_columns;
    case Form::json_split: return tables::Form::json_split;
    case Form::arrow: return tables::Form::arrow;
    case Form::feather: return tables::Form::feather;
    case Form::parquet: return tables::Form::parquet;
    case Form::msgpack:
    case Form::raw: return std::nullopt;
  }
  return std::nullopt;
}

std::string_view name_of(Form form) {
  if (const auto table = table_form(form)) return tables::name_of(*table);
  return form == Form::raw ? "raw" : form_of(form).name;
}

bool to_store(std::string_view in, Form form, const Codec& codec, const Limits& limits, Document& scratch,
              std::string& out, std::string& why) {
  if (form == Form::raw) return out.append(in), true;
  return convert(in, form_of(form).decode, codec.encode, limits, scratch, out, why) || blame(kCodec, codec.name, why);
}

bool to_client(std::string_view in, const Codec& codec, Form form, const Limits& limits, Document& scratch,
               std::string& out, std::string& why) {
  if (form == Form::raw) return out.append(in), true;
  const ClientForm& to = form_of(form);
  if (convert(in, codec.decode, to.encode, limits, scratch, out, why)) return true;
  return scratch.root == nullptr ? blame(kCodec, codec.name, why) : blame(kClient, to.name, why);
}

bool between(std::string_view in, const Codec& from, const Codec& to, const Limits& limits, Document& scratch,
             std::string& out, std::string& why) {
  if (convert(in, from.decode, to.encode, limits, scratch, out, why)) return true;
  return blame(kCodec, scratch.root == nullptr ? from.name : to.name, why);
}

bool as_client(std::string_view in, Form form, const Limits& limits, Document& scratch, std::string& out,
               std::string& why) {
  if (form == Form::raw) return out.append(in), true;
  const ClientForm& as = form_of(form);
  return convert(in, as.decode, as.encode, limits, scratch, out, why) || blame(kClient, as.name, why);
}

}  // namespace cachetted::codecs
