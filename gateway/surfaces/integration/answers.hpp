// integration/answers.hpp — what the endpoints of this surface share: their answers and the name of
// the service in the audit log.
#pragma once

#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "protocol/messages/account.hpp"

#include <string_view>

namespace latchkey::gateway::integration {

/// `{"status":"success"}`
http::response success();

/// The answer with the endpoint's own text: 400 for everything that is wrong with the request,
/// whatever status other surfaces give it. Failures of another kind (the body's size and type, an
/// overload, a database that is down) keep their own status and text, for the guard to render.
result<http::response> refused(failure error, std::string_view text);

/// "service:<id>": audit_record::by.
std::string name_in_audit(const service_principal& caller);
messages::author author_of(const http::exchange& ex, const service_principal& caller);

} // namespace latchkey::gateway::integration
