// Which rules a key has: those of the longest route prefix that it begins with, or the global ones.
#include <algorithm>

#include "pipeline/pipeline.h"

namespace cachetted {
namespace {

tables::Options table_options(const config::Values& v, const config::Limits& limits) {
  return {static_cast<tables::Packing>(v.table_compression),
          v.client_integers == config::ClientIntegers::string,
          {limits.table_rows, limits.table_columns, limits.table_bytes, limits.table_depth}};
}

Transform transform_of(const config::Values& v, const config::Route::Own* own, const config::Config& config) {
  Transform t;
  const bool codecs_apply = config.backend != "pickle";  // that file has the values themselves
  t.table = table_options(v, config.limits);
  if (codecs_apply) {
    t.codec = codecs::find_codec(v.codec);
    t.compression = static_cast<Compression>(v.compression.algorithm);
  }
  t.level = static_cast<int>(v.compression.level);
  t.min_size = v.compression.min_size;
  t.on_error = v.on_decode_error;
  t.client_codec = v.client_codec;
  t.client_types = v.client_types;
  t.own_codec = own != nullptr && own->has("client_codec");
  t.own_types = own != nullptr && own->has("client_types");
  return t;
}

}  // namespace

std::string describe_values(const config::Values& v) {
  std::string text = "bytes as they are";
  if (!v.codec.empty()) {
    Transform t;
    t.codec = codecs::find_codec(v.codec);
    t.client_codec = v.client_codec;
    const codecs::Form form = t.form(Owner{});
    text = "codec " + v.codec + ", shown as " + std::string(codecs::name_of(form));
    std::string why;
    if (t.keeps_tables()) {
      if (const tables::Module* m = tables::module(why)) text += " (by " + std::string(m->library) + ")";
    } else if (form == codecs::Form::json)
      text += v.client_types == config::ClientTypes::plain ? " (plain)" : " (tagged)";
  }
  const config::Compression& c = v.compression;
  if (c.algorithm == config::Compression::Algorithm::none) return text;
  return text + "; " + std::string(codecs::name_of(static_cast<Compression>(c.algorithm))) + " from " +
         std::to_string(c.min_size) + " bytes on";
}

void Pipeline::reconfigure(std::shared_ptr<const config::Config> config) {
  if (rules_ != nullptr && rules_->users != 0) retired_.push_back(std::move(rules_));
  rules_ = std::make_unique<Rules>();
  Rules& r = *rules_;
  r.config = std::move(config);
  r.others = {"", &r.config->ttl, transform_of(r.config->values, nullptr, *r.config)};
  r.bare.on_error = r.config->values.on_decode_error;
  r.bare.client_types = r.config->values.client_types;
  r.bare.client_codec = r.config->values.client_codec;
  for (const config::Route& route : r.config->routes)
    r.routes.push_back({route.prefix, &route.ttl, transform_of(route.values, &route.own, *r.config)});
  std::sort(r.routes.begin(), r.routes.end(), [](auto& a, auto& b) { return a.prefix.size() > b.prefix.size(); });
  r.convert = r.others.transform.changes();
  for (const Rule& route : r.routes) r.convert = r.convert || route.transform.changes();
}

const Rule& Pipeline::rule(std::string_view key) const {
  for (const Rule& r : rules_->routes)
    if (key.starts_with(r.prefix)) return r;
  return rules_->others;
}

}  // namespace cachetted
