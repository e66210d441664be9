// Makes values smaller on their way to a store, always with an envelope before them that tells how (envelope.h). zstd:
// RFC 8878; lz4: its frame format, https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md . Both frames have the
// size of their content. Any thread; a thread keeps the libraries' contexts.
#pragma once
#include <string>
#include <string_view>

#include "codecs/envelope.h"

namespace cachetted::codecs {

// Appends the frame. False: it would not be at least kEnvelope + 1 bytes shorter than `in`, and `out` is as it was.
// `level`: 0 is the algorithm's own default.
bool compress(std::string_view in, Compression algorithm, int level, std::string& out);

// Appends what was compressed. False, with why: it is damaged, or over `most` bytes, which is looked at before memory
// is taken.
bool decompress(std::string_view in, Compression algorithm, size_t most, std::string& out, std::string& why);

std::string_view name_of(Compression algorithm);

}  // namespace cachetted::codecs
