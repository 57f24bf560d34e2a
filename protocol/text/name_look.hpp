// name_look.hpp — what a name looks like: which two are taken for one another, which mix what no
// language mixes, and what in one cannot be seen.
//
// Unicode Technical Standard 39, "Unicode Security Mechanisms", by the ICU of the system.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

/// What a folded name (protocol/text/login_name.hpp) looks like, when that is not the name itself:
/// each character beyond ASCII stands for its prototype (UTS 39, 4, "skeleton"), folded again; one
/// of ASCII stands for itself, so that `user1` and `userl` are two. Nothing for a name that is its
/// own skeleton, as every ASCII name is.
std::optional<std::string> name_skeleton(std::string_view folded);

/// What it looks like when it is written in capitals, for names are shown as their users write
/// them: "КАТЕ" in Cyrillic letters is "kate". Nothing when that is the name itself or its
/// `name_skeleton`.
std::optional<std::string> capital_skeleton(std::string_view folded);

/// Both, those that there are: every key beside the folded name that nobody else may have.
std::vector<std::string> skeletons_of(std::string_view folded);

/// Whether a name mixes scripts or digits as no writing system does: more than UTS 39, 5.2,
/// "Highly Restrictive" allows (one script; Latin beside those of Chinese, Japanese or Korean), or
/// decimal digits of two kinds. What is not UTF-8 does.
bool mixes_scripts(std::string_view name);

/// Whether something in it cannot be seen: controls, format characters (bidirectional ones too),
/// default-ignorable ones, separators of lines, blanks that are letters. A joiner behind a virama
/// or between letters that would join (RFC 5892, A.1 and A.2) and what joins or shapes an emoji can
/// be seen by what they do.
bool has_invisible_characters(std::string_view name);

} // namespace latchkey
