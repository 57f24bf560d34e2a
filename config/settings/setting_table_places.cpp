// setting_table_places.cpp — where the server listens and where its facts lie.
#include "config/settings/setting_rows.hpp"
#include "protocol/text/trim.hpp"

#include <algorithm>

namespace latchkey::setting_rows {
namespace {

namespace values = setting_values;

// `*` has the form of a name, and to a browser it means every header.
bool is_one_header(std::string_view name) {
  return values::is_header_name(name) && name != "*";
}

bool read_header_names(settings& s, std::string_view list) {
  constexpr std::size_t names_max = 32;
  auto found = values::words<is_one_header>(list, names_max);
  if (found) s.cors_headers = *std::move(found);
  return found.has_value();
}
std::string show_header_names(const settings& s) {
  return values::shown_list(s.cors_headers);
}

constexpr std::string_view a_port = "a port, 0 (any free one) to 65535";
constexpr std::string_view a_host = "an IPv4 or IPv6 address or a hostname";
constexpr std::string_view a_path = "a path of 1 to 4000 bytes";

using s = settings;

constexpr setting_row place_rows[] = {
    normal_row<&s::http_host, values::host>("HTTP_HOST", "127.0.0.1", a_host,
                                            "where the public listener binds"),
    count_row<&s::http_port, 0, 65535>("HTTP_PORT", "8000", a_port, "its port"),
    normal_row<&s::internal_host, values::host>(
        "INTERNAL_HOST", "127.0.0.1", a_host,
        "where the internal listener binds (metrics, health)"),
    count_row<&s::internal_port, 0, 65535>("INTERNAL_PORT", "9090", a_port, "its port"),
    text_row<&s::tls_cert, is_path>("TLS_CERT", "",
                                    "a readable PEM file, set together with TLS_KEY",
                                    "certificate chain of the public listener; unset: plain HTTP"),
    text_row<&s::tls_key, is_path>("TLS_KEY", "", "a readable PEM file, set together with TLS_CERT",
                                   "its private key"),
    {"ALLOWED_ORIGINS", "",
     "a comma-separated list of origins such as https://app.example.com or "
     "capacitor://localhost (no path, no *)",
     "web pages of these origins may call (CORS); unset: none but our own", false,
     origins<&s::allowed_origins>, show_origins<&s::allowed_origins>},
    {"CORS_HEADERS", "", "a comma-separated list of up to 32 header names (no *)",
     "request headers that those pages may send beside the usual ones", false, read_header_names,
     show_header_names},

    text_row<&s::data_dir, is_path>("DATA_DIR", "./data", a_path,
                                    "folder of the embedded database and generated secrets"),
    secret_row<&s::database_url, values::is_postgres_url>(
        "DATABASE_URL", "postgresql://user@host/database (%XX for what is special in a password)",
        "unset: SQLite in DATA_DIR/latchkey.db"),
    secret_row<&s::auth_db_password, has_length<1, 1024>>(
        "AUTH_DB_PASSWORD", "1 to 1024 bytes", "password for DATABASE_URL when that has none"),
    secret_row<&s::redis_url, values::is_redis_url>(
        "REDIS_URL",
        "redis[s]://[user:password@]host[:port][,…][/number][?ca=FILE], "
        "redis[s]+sentinel://…/name[/number] or unix:///path",
        "the Redis by which several servers share their rate limits; unset: each has its own"),
    count_row<&s::db_writers, 1, 64>("DB_WRITERS", "2", "a number, 1 to 64",
                                     "connections that write (SQLite: always one)"),
    count_row<&s::db_readers, 1, 64>("DB_READERS", "2", "a number, 1 to 64",
                                     "connections that read"),
};

} // namespace

std::span<const setting_row> of_places() noexcept {
  return place_rows;
}

} // namespace latchkey::setting_rows
