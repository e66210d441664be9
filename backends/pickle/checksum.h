// CRC-32C (Castagnoli), as iSCSI and ext4 have it: the processor's own instruction where there is one, else a table.
// RFC 3720, appendix B.4. Pure; any thread.
#pragma once
#include <cstdint>
#include <string_view>

namespace cachetted::pickle {

// Of `bytes`, going on from `crc`, the checksum of what stands before them.
uint32_t crc32c(std::string_view bytes, uint32_t crc = 0);

}  // namespace cachetted::pickle
