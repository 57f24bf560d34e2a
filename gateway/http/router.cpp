#include "gateway/http/router.hpp"

#include "gateway/http/message/syntax.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace latchkey::http {
namespace {

constexpr std::size_t path_segments_max = 16;

/// The routes of one path or pattern, by method.
struct endpoint {
  std::array<std::uint32_t, method_count> by_method{};
  std::uint16_t methods = 0;
  endpoint() { by_method.fill(no_route); }
};

struct segment {
  std::string text; // fixed text, or the parameter's name
  enum class kind : std::uint8_t { fixed, parameter, rest } is = kind::fixed;
};

struct pattern_endpoint {
  std::string pattern;
  std::vector<segment> segments;
  endpoint routes;
};

struct transparent_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

constexpr std::uint16_t bit_of(method m) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(m));
}

/// "/a/{b}" → its segments; nothing for a malformed pattern.
std::optional<std::vector<segment>> parse_pattern(std::string_view pattern) {
  std::vector<segment> segments;
  std::size_t parameters = 0;
  if (!pattern.starts_with('/')) return std::nullopt;
  pattern.remove_prefix(1);
  while (true) {
    auto slash = pattern.find('/');
    auto text = pattern.substr(0, slash);
    auto is_last = slash == std::string_view::npos;
    segment s{std::string(text), segment::kind::fixed};
    if (text.starts_with('{') && text.ends_with('}')) {
      auto name = text.substr(1, text.size() - 2);
      s.is = name.ends_with('*') ? segment::kind::rest : segment::kind::parameter;
      if (s.is == segment::kind::rest) name.remove_suffix(1);
      s.text = name;
      if (name.empty() || ++parameters > path_params::count_max) return std::nullopt;
      if (s.is == segment::kind::rest && !is_last) return std::nullopt;
    } else if (text.find_first_of("{}*") != std::string_view::npos || (text.empty() && !is_last)) {
      return std::nullopt;
    }
    segments.push_back(std::move(s));
    if (segments.size() >= path_segments_max) return std::nullopt;
    if (is_last) return segments;
    pattern.remove_prefix(slash + 1);
  }
}

/// More fixed text first: fixed before parameter before rest, segment by segment.
bool is_more_specific(const pattern_endpoint& a, const pattern_endpoint& b) {
  auto common = std::min(a.segments.size(), b.segments.size());
  for (std::size_t i = 0; i < common; ++i)
    if (a.segments[i].is != b.segments[i].is) return a.segments[i].is < b.segments[i].is;
  return a.segments.size() > b.segments.size();
}

/// `parts` are the path's segments, views into `path`.
bool matches(const pattern_endpoint& p, std::string_view path,
             const std::array<std::string_view, path_segments_max>& parts, std::size_t count,
             path_params& params) {
  auto has_rest = p.segments.back().is == segment::kind::rest;
  if (has_rest ? count < p.segments.size() : count != p.segments.size()) return false;
  params.count = 0;
  for (std::size_t i = 0; i < p.segments.size(); ++i) {
    const auto& s = p.segments[i];
    if (s.is == segment::kind::fixed) {
      if (parts[i] != s.text) return false;
      continue;
    }
    if (parts[i].empty()) return false;
    auto value = parts[i];
    if (s.is == segment::kind::rest)
      value = path.substr(static_cast<std::size_t>(parts[i].data() - path.data()));
    params.items[params.count++] = {s.text, value};
  }
  return true;
}

failure broken(const route& r, std::string_view why) {
  return {error_code::internal_error,
          {},
          "route " + std::string(to_string(r.method)) + " " + r.pattern + ": " + std::string(why),
          0};
}

} // namespace

struct router::table {
  std::vector<route> routes;
  std::unordered_map<std::string, endpoint, transparent_hash, std::equal_to<>> exact;
  std::vector<pattern_endpoint> patterns;

  result<endpoint*> endpoint_for(const route& r) {
    auto segments = parse_pattern(r.pattern);
    if (!segments) return fail(broken(r, "malformed pattern"));
    auto is_fixed = [](const segment& s) { return s.is == segment::kind::fixed; };
    if (std::all_of(segments->begin(), segments->end(), is_fixed)) return &exact[r.pattern];
    for (auto& known : patterns)
      if (known.pattern == r.pattern) return &known.routes;
    patterns.push_back({r.pattern, std::move(*segments), {}});
    return &patterns.back().routes;
  }

  result<void> add(std::uint32_t index) {
    auto& r = routes[index];
    if (r.needs.open_to == access::undecided) return fail(broken(r, "access is undecided"));
    if (!r.handle) return fail(broken(r, "no handler"));
    auto found = endpoint_for(r);
    if (!found) return fail(found.error());
    auto& slot = (*found)->by_method[static_cast<std::size_t>(r.method)];
    if (slot != no_route) return fail(broken(r, "is in the table twice"));
    slot = index;
    (*found)->methods = static_cast<std::uint16_t>((*found)->methods | bit_of(r.method));
    if (r.name.empty()) r.name = r.pattern;
    return {};
  }
};

router::router(std::unique_ptr<table> t) : table_(std::move(t)) {}
router::router(router&&) noexcept = default;
router& router::operator=(router&&) noexcept = default;
router::~router() = default;

result<router> router::make(std::vector<route> routes) {
  auto t = std::make_unique<table>();
  t->routes = std::move(routes);
  for (std::uint32_t i = 0; i < t->routes.size(); ++i)
    if (auto added = t->add(i); !added) return fail(added.error());
  std::stable_sort(t->patterns.begin(), t->patterns.end(), is_more_specific);
  return router(std::move(t));
}

const std::vector<route>& router::routes() const noexcept {
  return table_->routes;
}

route_match router::find(method m, std::string_view path) const {
  route_match match;
  auto take = [&](const endpoint& routes, const path_params& params) {
    match.methods = static_cast<std::uint16_t>(match.methods | routes.methods);
    auto index = routes.by_method[static_cast<std::size_t>(m)];
    if (index == no_route && m == method::head)
      index = routes.by_method[static_cast<std::size_t>(method::get)];
    if (index == no_route) return false;
    match.found = &table_->routes[index];
    match.index = index;
    match.params = params;
    return true;
  };
  if (auto exact = table_->exact.find(path); exact != table_->exact.end()) {
    if (take(exact->second, {})) return match;
  }
  std::array<std::string_view, path_segments_max> parts;
  std::size_t count = 0;
  for (auto rest = path.substr(path.empty() ? 0 : 1); count < path_segments_max;) {
    auto slash = rest.find('/');
    parts[count++] = rest.substr(0, slash);
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  for (const auto& candidate : table_->patterns) {
    path_params params;
    if (matches(candidate, path, parts, count, params) && take(candidate.routes, params)) break;
  }
  return match;
}

std::string_view path_params::operator[](std::string_view name) const noexcept {
  for (std::size_t i = 0; i < count; ++i)
    if (items[i].name == name) return items[i].value;
  return {};
}

std::string allow_list(std::uint16_t methods) {
  std::string list;
  auto has_get = (methods & bit_of(method::get)) != 0;
  for (std::size_t i = 0; i < method_count; ++i) {
    auto m = static_cast<method>(i);
    if ((methods & bit_of(m)) == 0 && !(m == method::head && has_get) && m != method::options)
      continue;
    if (m == method::other) continue;
    if (!list.empty()) list.append(", ");
    list.append(to_string(m));
  }
  return list;
}

} // namespace latchkey::http
