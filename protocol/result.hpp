// result.hpp — a value or the failure that stands for it. Errors are values here.
#pragma once

#include "protocol/error_code.hpp"

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace latchkey {

/// An error, as far as a caller may know it.
struct failure {
  error_code code = error_code::internal_error;
  std::string field = {};          // the input that is at fault, empty when none is
  std::string reason = {};         // one sentence or word on why, never a secret
  std::uint32_t retry_after_s = 0; // 0: no hint
  std::string more = {};           // further members of `details`, as JSON: "quota":"projects",…
  std::string why = {};            // for the log and the audit log alone; no caller is told
  std::string challenge = {};      // further parameters of `WWW-Authenticate: Bearer`
};

template <class T>
using result = tl::expected<T, failure>;

/// The failure as what a function that returns a `result` returns: `return fail(user.error());`.
inline tl::unexpected<failure> fail(failure error) {
  return tl::unexpected<failure>(std::move(error));
}

inline tl::unexpected<failure> fail(error_code code, std::string field = {},
                                    std::string reason = {}) {
  return fail(failure{code, std::move(field), std::move(reason), 0});
}

inline tl::unexpected<failure> fail_with_retry(error_code code, std::uint32_t retry_after_s,
                                               std::string reason = {}) {
  return fail(failure{code, {}, std::move(reason), retry_after_s});
}

/// A refusal whose reason the caller must not learn: a wrong password and a locked account look
/// alike. `why` is for the operator.
inline tl::unexpected<failure> fail_because(error_code code, std::string why) {
  return fail(failure{code, {}, {}, 0, {}, std::move(why)});
}

} // namespace latchkey
