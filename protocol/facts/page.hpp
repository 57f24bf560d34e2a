// page.hpp — how many rows a query may answer at once.
#pragma once

#include <cstddef>

namespace latchkey::storage {

/// The largest page.
inline constexpr std::size_t page_rows_max = 1000;

} // namespace latchkey::storage
