// projects.hpp — projects and their owners.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

/// A row of projects ("Auth Service Internal API Documentation").
struct project_record {
  uuid id;
  std::string client_id;
  std::string name;
  std::string description;
  user_id owner;
  bool is_active = true;
  time_point created_at{};
  time_point updated_at{};
};

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them, or bytes where the name says so --------------

inline constexpr std::size_t project_name_chars_max = 255;
inline constexpr std::size_t project_description_chars_max = 65536;

// -- facts -------------------------------------------------------------------------------

/// Adds a project. Loses with USER001 without its owner, CONFLICT (field "id") when the id is
/// taken.
struct add_project {
  project_record project;
};

/// Changes the members that are set; an empty description removes it. Loses with NOT_FOUND.
struct update_project {
  uuid project;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<bool> is_active;
  time_point at{};
};

/// Removes a project. Loses with NOT_FOUND.
struct remove_project {
  uuid project;
};

// -- queries -----------------------------------------------------------------------------

struct find_project {
  using answer = std::optional<project_record>;
  uuid id;
};

/// Projects of the owner or the client, oldest first.
struct list_projects {
  struct answer {
    std::int64_t total = 0;
    std::vector<project_record> projects;
  };
  user_id owner;
  std::string client_id;
  std::size_t offset = 0;
  std::size_t limit = 50;
};

} // namespace latchkey::storage
