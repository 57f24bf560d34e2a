// docs/own_origin.hpp — the origin under which a client reaches the server.
#pragma once

#include "gateway/http/message/request.hpp"

#include <string>
#include <string_view>

namespace latchkey::gateway::docs {

/// "http://127.0.0.1:8080": the request's Host, with https when the connection is encrypted or
/// `issuer` is the same host by https (a proxy ends TLS then). The result is fit for a quoted word
/// of a shell: a Host that has other characters than names and addresses have gives way to the
/// issuer's origin, or to http://localhost when there is no issuer of a URL.
std::string own_origin(const http::request& in, std::string_view issuer);

} // namespace latchkey::gateway::docs
