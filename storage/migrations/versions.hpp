// versions.hpp — the versions of the schema, oldest first; each stands in the file of its name.
#pragma once

#include "storage/migrations/migrations.hpp"

namespace latchkey::storage {

migration schema_v1();
migration schema_v2();
migration schema_v3();
migration schema_v4();
migration schema_v5();
migration schema_v6();
migration schema_v7();
migration schema_v8();
migration schema_v9();
migration schema_v10();
migration schema_v11();
migration schema_v12();
migration schema_v13();

inline constexpr migration (*all_versions[])() = {
    schema_v1, schema_v2, schema_v3,  schema_v4,  schema_v5,  schema_v6, schema_v7,
    schema_v8, schema_v9, schema_v10, schema_v11, schema_v12, schema_v13};

} // namespace latchkey::storage
