// Files that are no checkpoint this reads, but that often stand where one should.
#pragma once

#include <string_view>

#include "files/source.h"

namespace bitbudget::files {

/// What it is and what to do instead, told from its first bytes; empty for everything else.
std::string_view foreign_file(const Source& source);

}  // namespace bitbudget::files
