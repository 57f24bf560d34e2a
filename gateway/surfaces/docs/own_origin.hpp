// docs/own_origin.hpp — the origin under which a client reaches the server.
#pragma once

#include "gateway/http/message/request.hpp"

#include <string>
#include <string_view>

namespace latchkey::gateway::docs {

/// "http://127.0.0.1:8080": the request's Host, with https when the connection is encrypted or
/// `known_origin`, which the settings name, is the same host by https (a proxy ends TLS then). The
/// result is fit for a quoted word of a shell: a Host that has other characters than names and
/// addresses have gives way to `known_origin`, or to http://localhost when that is empty.
std::string own_origin(const http::request& in, std::string_view known_origin);

} // namespace latchkey::gateway::docs
