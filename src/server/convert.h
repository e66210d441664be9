// `cachetted convert`: a value from standard input in one form to standard output in another, by the same code that
// requests go through; nothing of a configuration is read. Main's thread.
#pragma once

namespace cachetted::server {

// The arguments behind the word. Returns the exit status: 1 for a value that cannot be converted, 2 for a fault of the
// arguments.
int convert(int argc, const char* const* argv);

}  // namespace cachetted::server
