// Implements curl.h.
#include "backends/dynamodb/curl.h"

#include <dlfcn.h>

namespace cachetted::dynamodb {
namespace {

constexpr unsigned kOldest = 0x075700;  // 7.87: it signs every header, and leaves a look-up that hangs behind

struct Opened {
  Curl curl{};
  std::string why;

  Opened() {
    void* library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      why = std::string("libcurl cannot be opened, install it (Debian: libcurl4): ") + dlerror();
      return;
    }
    auto find = [&](const char* name, auto& function) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
      if (function == nullptr && why.empty()) why = std::string("this libcurl has no ") + name;
    };
    decltype(&curl_global_init) global_init = nullptr;
    decltype(&curl_version_info) version_info = nullptr;
    find("curl_global_init", global_init);
    find("curl_version_info", version_info);
    find("curl_easy_init", curl.easy_init);
    find("curl_easy_cleanup", curl.easy_cleanup);
    find("curl_easy_reset", curl.easy_reset);
    find("curl_easy_setopt", curl.easy_setopt);
    find("curl_easy_getinfo", curl.easy_getinfo);
    find("curl_easy_strerror", curl.easy_strerror);
    find("curl_slist_append", curl.slist_append);
    find("curl_slist_free_all", curl.slist_free_all);
    find("curl_multi_init", curl.multi_init);
    find("curl_multi_cleanup", curl.multi_cleanup);
    find("curl_multi_setopt", curl.multi_setopt);
    find("curl_multi_assign", curl.multi_assign);
    find("curl_multi_add_handle", curl.multi_add_handle);
    find("curl_multi_remove_handle", curl.multi_remove_handle);
    find("curl_multi_socket_action", curl.multi_socket_action);
    find("curl_multi_info_read", curl.multi_info_read);
    if (!why.empty()) return;
    const auto* version = version_info(CURLVERSION_NOW);
    if (version->version_num < kOldest) {
      why = std::string("libcurl is ") + version->version + ", and 7.87 is the oldest that will do";
    } else if (const CURLcode code = global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK) {
      why = std::string("libcurl does not start: ") + curl.easy_strerror(code);
    }
  }
};

}  // namespace

const Curl* open_curl(std::string& why) {
  static const Opened opened;
  why = opened.why;
  return why.empty() ? &opened.curl : nullptr;
}

}  // namespace cachetted::dynamodb
