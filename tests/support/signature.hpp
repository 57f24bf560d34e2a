// signature.hpp — one message of a typed interface: what is sent and what is answered.
#pragma once

#include "protocol/caf_compat.hpp"

#include <type_traits>

namespace latchkey::test {

/// Of `request<In, Out>` or `notice<In>`, whose `out` is void.
template <class Signature>
struct signature;

template <class In, class Out>
struct signature<caf::typed_mpi<caf::detail::type_list<In>, caf::output_tuple<Out>>> {
  using in = In;
  using out = Out;
  static constexpr bool is_answered = !std::is_void_v<Out>;
};

} // namespace latchkey::test
