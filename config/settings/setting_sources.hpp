// setting_sources.hpp — the files settings are read from; private to config/.
#pragma once

#include "config/settings/settings.hpp"

#include <map>
#include <string>
#include <vector>

namespace latchkey::setting_sources_detail {

inline constexpr std::size_t file_bytes_max = 1 << 20;

using texts = std::map<std::string, std::string, std::less<>>;

/// `KEY=value` lines: `#` comments, `export ` in front, '…' kept as it is, "…" with \n
/// \" \\ \$ understood. Names that are no setting's belong to other programs, and those among them
/// that look like one are told in `likenesses`. A file that is missing is empty; lines that cannot
/// be read are problems. A byte order mark is passed over.
texts read_env_file(const std::string& path, setting_problems& problems,
                    std::vector<std::string>& likenesses);

/// One JSON object (RFC 8259) whose keys are settings' names: text, numbers, true or
/// false, null for unset, and arrays of text for lists. Keys that are none are problems.
texts read_config_file(const std::string& path, setting_problems& problems);

} // namespace latchkey::setting_sources_detail
