// page_proof.hpp — what a page's form shows as a second factor.
#pragma once

#include "gateway/request/endpoint.hpp"
#include "protocol/messages/factors.hpp"

namespace latchkey::gateway::pages {

/// The form's `credential`, a browser's answer as JSON, or else its `code`: of an app when it is as
/// short as those are, else a recovery code. Its last fields: a problem with any field is told.
result<messages::factor_proof> read_page_proof(const http::exchange& ex, input& sent);

} // namespace latchkey::gateway::pages
