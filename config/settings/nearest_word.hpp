// nearest_word.hpp — the known name that is nearest to an unknown one.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace latchkey {

/// Names are no longer than this; a longer word is near none.
inline constexpr std::size_t nearest_word_chars_max = 64;

/// The one of `known` that becomes `word` by the fewest letters added, left out or replaced, the
/// first of several; empty when all need more than a third of the word's letters (two in short
/// words). Upper and lower case are two letters.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known);

} // namespace latchkey
