// auth_service/render.hpp — bodies as "Auth Service API Documentation" prints them.
#pragma once

#include "protocol/messages/identity.hpp"

#include <string>

namespace latchkey::gateway::auth_service {

/// As which of its two ids a surface shows a user.
enum class id_form : unsigned char { number, uuid };

/// `{"id":1,"username":…,"email":…,"first_name":…,"last_name":…,"is_active":…,"is_superuser":…}`;
/// names that the user did not give are null.
std::string user_body(const messages::user_view& user, id_form form = id_form::number);

} // namespace latchkey::gateway::auth_service
