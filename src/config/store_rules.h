// The forms that the library's flat keys may have: names of backends and codecs, URLs, hosts, regions.
// Pure, any thread; the rows of the option table point here.
// Each function takes the text and gives its canonical form, or none and in `why` what is wrong;
// `why` never repeats the text, which may hold a password. "" means "not given" for the URLs.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cachetted::config {

using Accepted = std::optional<std::string>;

std::span<const std::string> backend_names();  // every one that a config may name, built or not
std::span<const std::string> codec_names();
bool keeps_tables(std::string_view codec);

Accepted accept_backend(std::string_view text, std::string& why);  // lower case; `memory` is inmemory
Accepted accept_codec(std::string_view text, std::string& why);    // lower case; none and vanilla are ""
Accepted accept_redis_url(std::string_view text, std::string& why);
Accepted accept_valkey_url(std::string_view text, std::string& why);
Accepted accept_memcached_host(std::string_view text, std::string& why);
Accepted accept_distribution(std::string_view text, std::string& why);  // of libmemcached; lower case
Accepted accept_hash(std::string_view text, std::string& why);
Accepted accept_text(std::string_view text, std::string& why);   // no control characters
Accepted accept_plain(std::string_view text, std::string& why);  // no blanks, no control characters
Accepted accept_mongodb_url(std::string_view text, std::string& why);
Accepted accept_dynamodb_url(std::string_view text, std::string& why);
Accepted accept_region(std::string_view text, std::string& why);
Accepted accept_name(std::string_view text, std::string& why);  // any text but "" and control characters
Accepted accept_path(std::string_view text, std::string& why);

// What the stores themselves demand of names; "" where the name is good, else what is wrong.
std::string mongodb_database_fault(std::string_view name);
std::string mongodb_collection_fault(std::string_view database, std::string_view name);
std::string dynamodb_table_fault(std::string_view name);

}  // namespace cachetted::config
