// login_module/render.hpp — accounts as "API Reference" prints them.
#pragma once

#include "protocol/messages/identity.hpp"

#include <string>

namespace latchkey::gateway::login_module {

/// Which keys follow the six that every account has.
enum class account_form : unsigned char {
  plain,        // none
  updated,      // updated_at (Update User Profile)
  listed,       // role (List All Users; not in the document)
  seen,         // last_login (Get User by ID), and role
  administered, // is_admin before created_at, updated_at after it (Update User (Admin)), and role
};

/// `{"id":"…","email":"…","username":"…","full_name":"…","is_active":true,"created_at":"…Z",…}`;
/// `full_name` and `last_login` are null when there is none.
void append_account(std::string& out, const messages::user_view& user,
                    account_form form = account_form::plain);
std::string account_body(const messages::user_view& user, account_form form = account_form::plain);

} // namespace latchkey::gateway::login_module
