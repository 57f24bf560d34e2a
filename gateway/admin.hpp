// admin.hpp — creating an administrator without a running server.
#pragma once

#include "config/settings/settings.hpp"
#include "protocol/result.hpp"
#include "storage/store.hpp"

#include <memory>
#include <string>

namespace latchkey::gateway {

/// The store that the settings name; nothing is opened until it is used.
std::unique_ptr<storage::store> open_configured_store(const settings& configured);

struct new_admin {
  std::string username;
  std::string email;
  secret password;
  std::string by; // who adds it, for the audit log
};

/// Checks the names and the password as a registration would, hashes, and adds a
/// superuser. VALIDATION_ERROR, USER002, USER003.
result<void> create_admin(storage::store& store, const settings& configured,
                          const new_admin& admin);

/// 24 characters that are easy to copy.
secret generate_password();

} // namespace latchkey::gateway
