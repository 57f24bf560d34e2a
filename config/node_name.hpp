// node_name.hpp — what names this server among the nodes of a cluster, before and after a restart.
#pragma once

#include "protocol/result.hpp"

#include <string>

namespace latchkey {

/// A random UUID, made once and kept in DATA_DIR/node; the folder must be there. A failure's reason
/// names the file.
result<std::string> load_or_create_node_name(const std::string& data_dir);

} // namespace latchkey
