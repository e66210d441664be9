// libcurl, opened only where a configuration names a store that is spoken to by HTTP: linked in, its 23 libraries would
// cost every daemon 5 ms of its start and 8 MB. https://curl.se/libcurl/c/libcurl-multi.html
#pragma once
#include <curl/curl.h>

#include <string>

namespace cachetted::dynamodb {

// Its functions, by their names there.
struct Curl {
  decltype(&curl_easy_init) easy_init;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_easy_reset) easy_reset;
  decltype(&curl_easy_setopt) easy_setopt;
  decltype(&curl_easy_getinfo) easy_getinfo;
  decltype(&curl_easy_strerror) easy_strerror;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
  decltype(&curl_multi_init) multi_init;
  decltype(&curl_multi_cleanup) multi_cleanup;
  decltype(&curl_multi_setopt) multi_setopt;
  decltype(&curl_multi_assign) multi_assign;
  decltype(&curl_multi_add_handle) multi_add_handle;
  decltype(&curl_multi_remove_handle) multi_remove_handle;
  decltype(&curl_multi_socket_action) multi_socket_action;
  decltype(&curl_multi_info_read) multi_info_read;
};

// Opens it at the first call; thread-safe. null: `why` tells what to install.
const Curl* open_curl(std::string& why);

}  // namespace cachetted::dynamodb
