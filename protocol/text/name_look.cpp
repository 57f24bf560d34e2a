// name_look.cpp — by ICU's spoof checker. Its objects are made once and only read afterwards.
#include "protocol/text/name_look.hpp"

#include "protocol/text/login_name.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uspoof.h>
#include <utility>

namespace latchkey {
namespace {

constexpr UChar32 zero_width_non_joiner = 0x200C;
constexpr UChar32 zero_width_joiner = 0x200D;
constexpr UChar32 text_style = 0xFE0E;
constexpr UChar32 emoji_style = 0xFE0F;
constexpr UChar32 keycap = 0x20E3;
constexpr UChar32 braille_blank = 0x2800;
constexpr std::uint8_t combining_class_of_virama = 9;

struct close_checker {
  void operator()(USpoofChecker* checker) const { uspoof_close(checker); }
};
using checker_ptr = std::unique_ptr<USpoofChecker, close_checker>;

checker_ptr make_checker() {
  UErrorCode status = U_ZERO_ERROR;
  checker_ptr made{uspoof_open(&status)};
  uspoof_setRestrictionLevel(made.get(), USPOOF_HIGHLY_RESTRICTIVE);
  uspoof_setChecks(made.get(), USPOOF_RESTRICTION_LEVEL | USPOOF_MIXED_NUMBERS, &status);
  if (U_FAILURE(status)) made.reset();
  return made;
}

/// Null when ICU lacks its data: then nobody gets a name beyond ASCII.
const USpoofChecker* checker() {
  static const checker_ptr made = make_checker();
  return made.get();
}

bool is_all_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

icu::UnicodeString unicode_of(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
}

/// Of one character. ASCII's `m` has the two letters `rn` as its prototype; whatever looks like
/// one counts as an `m`.
icu::UnicodeString prototype_of(UChar32 c) {
  icu::UnicodeString single(c);
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString found;
  uspoof_getSkeletonUnicodeString(checker(), 0, single, found, &status);
  if (U_FAILURE(status)) return single;
  if (found == icu::UnicodeString("rn", 2, US_INV)) return icu::UnicodeString(UChar32{'m'});
  return found;
}

/// Canonically decomposed, or composed; as it is when ICU lacks its data.
icu::UnicodeString normal(const icu::UnicodeString& text, bool composed) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* normalizer = composed ? icu::Normalizer2::getNFCInstance(status)
                                    : icu::Normalizer2::getNFDInstance(status);
  if (U_FAILURE(status)) return text;
  auto out = normalizer->normalize(text, status);
  return U_FAILURE(status) ? text : out;
}

/// Of the character's capital where that looks like a letter of ASCII; else its own.
icu::UnicodeString prototype_of_capital(UChar32 c) {
  const auto found = prototype_of(u_toupper(c));
  const auto only = found.length() == 1 ? found.char32At(0) : 0;
  // The prototype of a capital I is a small l.
  if (only == 'l') return icu::UnicodeString(UChar32{'i'});
  return only > 0 && only < 0x80 ? found : prototype_of(c);
}

/// Each character beyond ASCII as `prototype` has it, folded. Nothing for a name that comes out as
/// it is.
std::optional<std::string> skeleton_by(std::string_view folded,
                                       icu::UnicodeString (*prototype)(UChar32)) {
  if (is_all_ascii(folded) || checker() == nullptr) return std::nullopt;
  const auto parts = normal(unicode_of(folded), false);
  icu::UnicodeString looks;
  for (std::int32_t at = 0; at < parts.length(); at = parts.moveIndex32(at, 1)) {
    const auto c = parts.char32At(at);
    if (c < 0x80)
      looks.append(c);
    else
      looks.append(prototype(c));
  }
  std::string text;
  normal(looks, true).toUTF8String(text);
  auto skeleton = fold_text(text);
  if (!skeleton || *skeleton == folded || trim_white_space(*skeleton).empty()) return std::nullopt;
  return skeleton;
}

bool is_emoji_part(UChar32 c) {
  return c == emoji_style || u_hasBinaryProperty(c, UCHAR_EMOJI) ||
         u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC);
}

/// Whether it is of that joining type, or of the one that joins on both sides (-1: no character).
bool joins(UChar32 c, UJoiningType side) {
  if (c < 0) return false;
  const auto type = u_getIntPropertyValue(c, UCHAR_JOINING_TYPE);
  return type == side || type == U_JT_DUAL_JOINING;
}

/// Whether one that has no look of its own is seen by what it does to its neighbours (-1: none).
bool is_seen_by_its_effect(UChar32 before, UChar32 c, UChar32 after) {
  if (c == emoji_style || c == text_style)
    return before >= 0 && u_hasBinaryProperty(before, UCHAR_EMOJI) &&
           (before >= 0x80 || after == keycap);
  if (c != zero_width_joiner && c != zero_width_non_joiner) return false;
  if (before >= 0 && u_getCombiningClass(before) == combining_class_of_virama) return true;
  if (c == zero_width_non_joiner)
    return joins(before, U_JT_LEFT_JOINING) && joins(after, U_JT_RIGHT_JOINING);
  return before >= 0x80 && after >= 0x80 && is_emoji_part(before) &&
         u_hasBinaryProperty(after, UCHAR_EXTENDED_PICTOGRAPHIC);
}

bool is_invisible(UChar32 c) {
  switch (u_charType(c)) {
  case U_CONTROL_CHAR:
  case U_FORMAT_CHAR:
  case U_LINE_SEPARATOR:
  case U_PARAGRAPH_SEPARATOR:
  case U_SURROGATE:
    return true;
  default:
    return c == braille_blank || u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
  }
}

} // namespace

std::optional<std::string> name_skeleton(std::string_view folded) {
  return skeleton_by(folded, prototype_of);
}

std::optional<std::string> capital_skeleton(std::string_view folded) {
  auto skeleton = skeleton_by(folded, prototype_of_capital);
  if (!skeleton || skeleton == name_skeleton(folded)) return std::nullopt;
  return skeleton;
}

std::vector<std::string> skeletons_of(std::string_view folded) {
  std::vector<std::string> all;
  if (auto skeleton = name_skeleton(folded)) all.push_back(std::move(*skeleton));
  if (auto skeleton = capital_skeleton(folded)) all.push_back(std::move(*skeleton));
  return all;
}

bool mixes_scripts(std::string_view name) {
  if (is_all_ascii(name)) return false;
  if (checker() == nullptr) return true;
  UErrorCode status = U_ZERO_ERROR;
  const auto failed = uspoof_check2UTF8(checker(), name.data(),
                                        static_cast<std::int32_t>(name.size()), nullptr, &status);
  return U_FAILURE(status) || failed != 0;
}

bool has_invisible_characters(std::string_view name) {
  const auto text = unicode_of(name);
  UChar32 before = -1;
  for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
    const auto c = text.char32At(at);
    const auto next = text.moveIndex32(at, 1);
    const UChar32 after = next < text.length() ? text.char32At(next) : -1;
    if (is_invisible(c) && !is_seen_by_its_effect(before, c, after)) return true;
    before = c;
  }
  return false;
}

} // namespace latchkey
