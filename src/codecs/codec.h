// To add a codec: a decode and an encode function over value.h, a CodecId in envelope.h, and a row in registry.cc
// (docs/adding-a-codec.md).
//
// A codec names the form of values in a store; clients read and write another one, their own (Form), and what stands
// between the two is a Document. Vanilla is no codec here: its bytes are the client's, and nothing is called. Pure; any
// thread.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codecs/envelope.h"
#include "codecs/tables.h"
#include "codecs/value.h"

namespace cachetted::codecs {

// Fills `into`; the input has to live as long as the document. False, with why and where: it is none, or not to be had
// safely.
using Decode = bool(std::string_view in, const Limits& limits, Document& into, std::string& why);
// Appends to `out`. False, with why: this form cannot hold the value, or it is over a limit.
using Encode = bool(Value& value, const Limits& limits, std::string& out, std::string& why);

struct Codec {
  std::string_view name;  // the value of the option `codec`
  CodecId id;
  std::string_view doc;
  Decode* decode;  // null of a table's
  Encode* encode;
  std::optional<tables::Form> table = {};  // it keeps tables, which tables::convert takes from form to form
};

std::span<const Codec> codecs();
const Codec* find_codec(std::string_view name);  // null: vanilla, or none
const Codec* find_codec(CodecId id);

// How clients see values: the options client_codec and client_types.
enum class Form : uint8_t { json, json_plain, msgpack, raw, csv, json_columns, json_split, arrow, feather, parquet };

// The form of a table that clients see so; none: it is for other values, or raw.
std::optional<tables::Form> table_form(Form form);
std::string_view name_of(Form form);

// The four below are for values that are no tables.
//
// What a client wrote, to a codec's form. False: `why` begins with the form or codec that refuses it.
bool to_store(std::string_view in, Form form, const Codec& codec, const Limits& limits, Document& scratch,
              std::string& out, std::string& why);
// What a store holds, to what the client reads. Appends to `out`.
bool to_client(std::string_view in, const Codec& codec, Form form, const Limits& limits, Document& scratch,
               std::string& out, std::string& why);
// From one codec's form to another's, and what a client wrote as one reads it.
bool between(std::string_view in, const Codec& from, const Codec& to, const Limits& limits, Document& scratch,
             std::string& out, std::string& why);
bool as_client(std::string_view in, Form form, const Limits& limits, Document& scratch, std::string& out,
               std::string& why);

}  // namespace cachetted::codecs
