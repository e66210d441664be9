// Fuzzes reading a table of the form that FORM names, under small limits: a table is refused with a reason, or becomes
// one of the other forms (which one goes by the input's length), of which each that has all types is read again. Seeds
// are in seeds/tables_NAME.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "codecs/tables.h"

using namespace cachetted::tables;

namespace {

void must(bool good) {
  if (!good) abort();
}

}  // namespace

extern "C" const Module* cachetted_tables();

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in(reinterpret_cast<const char*>(data), size);
  Options options;
  options.limits = {.rows = 5000, .columns = 100, .bytes = 4 << 20, .depth = 6};
  const Form to = static_cast<Form>(size % 7);
  std::string out = "kept", again, why;
  Outcome outcome;
  const Module& module = *cachetted_tables();
  if (!module.convert(in, FORM, to, options, out, outcome, why)) {
    must(!why.empty() && outcome.refusal != Refusal::none && out == "kept");
    return 0;
  }
  must(why.empty() && outcome.refusal == Refusal::none && outcome.rows <= 5000 && out.starts_with("kept"));
  out.erase(0, 4).append(outcome.within);
  if (to == FORM) {
    must(out == in && module.describe(in, FORM, options, again, outcome, why));
  } else if (is_columnar(to)) {
    must(module.convert(out, to, Form::arrow, {}, again, outcome, why));
  }
  return 0;
}
